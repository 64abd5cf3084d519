import type { Endpoint } from '@gatehouse/contracts/endpoint'
import type { Origin } from '@gatehouse/contracts/origin'
import type { TraceHeaders } from '@gatehouse/telemetry/span'
import type * as z from 'zod'

type Part = 'params' | 'querystring' | 'headers' | 'body'

/** What an endpoint's schema says of one part of a request: needed, needed in parts, or not there at all. */
type PartOf<E extends Endpoint, P extends Part> = E['schema'][P] extends infer S extends z.ZodType
  ? Record<never, never> extends z.input<S>
    ? { readonly [N in P]?: z.input<S> }
    : { readonly [N in P]: z.input<S> }
  : Record<never, never>

/** What a call of an endpoint is made with. */
export type EndpointCall<E extends Endpoint> = PartOf<E, 'params'> &
  PartOf<E, 'querystring'> &
  PartOf<E, 'headers'> &
  PartOf<E, 'body'> & {
    /** The request on whose behalf this one is made; the called service sees its client, not this process. */
    readonly origin?: Origin | undefined
    /** Made twice it does what it does once, so it may be tried again. GET always may. */
    readonly idempotent?: true
  }

type Success = 200 | 201 | 202 | 203 | 204

/** What an endpoint answers when all goes well. */
export type Answer<E extends Endpoint> = {
  [S in keyof E['schema']['response']]: S extends Success ? z.output<E['schema']['response'][S]> : never
}[keyof E['schema']['response']]

/** A call as this package itself sees it, whatever the endpoint. */
export interface AnyCall {
  readonly params?: Readonly<Record<string, unknown>>
  readonly querystring?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly origin?: Origin | undefined
  readonly idempotent?: true
}

/** The path and query of a call. */
export function pathOf({ url }: Endpoint, { params = {}, querystring = {} }: AnyCall): string {
  const path = url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(querystring)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) query.append(name, String(one))
  }
  return query.size === 0 ? path : `${path}?${query}`
}

/** The headers of a call, those by which the called service knows where it came from among them; `trace` names the call itself. */
export function headersOf(
  { headers = {}, body, origin }: AnyCall,
  token: string | undefined,
  trace: TraceHeaders = {},
): Headers {
  const all = {
    ...headers,
    accept: 'application/json',
    'content-type': body === undefined ? undefined : 'application/json',
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    'x-correlation-id': origin?.correlationId,
    'x-forwarded-for': origin?.sourceIp,
    'user-agent': origin?.userAgent,
    traceparent: origin?.traceparent,
    ...trace,
  }
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  )
  return new Headers(given.map(([name, value]) => [name, value]))
}
