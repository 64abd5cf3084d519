import type { Origin } from '@gatehouse/contracts/origin'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** All that goes on of what a client writes into its header; whatever says who it is or where it comes from is said anew. */
const passedOn = ['accept', 'accept-language', 'if-modified-since', 'if-none-match', 'tracestate']

interface Forwarded {
  /** Those of the client. */
  readonly headers: Headers
  readonly id: string
  readonly origin: Origin
  /** The client's, for the service behind. */
  readonly token: string
}

/** The header of a request as the service behind gets it. */
export function requestHeaders({ headers, id, origin, token }: Forwarded): Record<string, string> {
  const said = Object.fromEntries(passedOn.map((name) => [name, headers[name]]))
  const all = {
    ...said,
    authorization: `Bearer ${token}`,
    'user-agent': origin.userAgent,
    'x-request-id': id,
    'x-correlation-id': origin.correlationId,
    'x-forwarded-for': origin.sourceIp,
    traceparent: origin.traceparent,
  }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
