import type { Endpoint } from '@gatehouse/contracts/endpoint'
import type { Origin } from '@gatehouse/contracts/origin'

type Headers = Readonly<Record<string, string | string[] | undefined>>

const always = ['accept', 'accept-language', 'if-modified-since', 'if-none-match', 'tracestate']

/**
 * All that goes on of what a client writes into its header; whatever says who it is or where it comes from is said anew.
 * What an endpoint reads besides, its contract says.
 */
export const headersReadBy = ({ schema: { headers, body } }: Endpoint): readonly string[] => [
  ...always,
  ...Object.keys(headers?.shape ?? {}),
  ...(body ? ['content-type', 'content-length'] : []),
]

interface Forwarded {
  /** Those of the client. */
  readonly headers: Headers
  readonly id: string
  readonly origin: Origin
  /** The client's, for the service behind. */
  readonly token: string
  /** The names of those that go on. */
  readonly passedOn: readonly string[]
}

/** The header of a request as the service behind gets it. */
export function requestHeaders({ headers, id, origin, token, passedOn }: Forwarded): Record<string, string> {
  const forwarded: Record<string, string> & { traceparent?: string } = {
    authorization: `Bearer ${token}`,
    'x-request-id': id,
    'x-correlation-id': origin.correlationId,
  }
  if (origin.sourceIp !== undefined) forwarded['x-forwarded-for'] = origin.sourceIp
  if (origin.userAgent !== undefined) forwarded['user-agent'] = origin.userAgent
  if (origin.traceparent !== undefined) forwarded.traceparent = origin.traceparent
  for (const name of passedOn) {
    const said = headers[name]
    if (typeof said === 'string') forwarded[name] = said
  }
  return forwarded
}
