import { randomUUIDv7 } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Origin } from '@gatehouse/contracts/origin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { canonicalAddress } from './client-address.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request came from. */
    readonly origin: Origin
    knownOrigin: Origin | null
  }
}

const identifier = /^[A-Za-z0-9-]{8,64}$/
const traceContext = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Gives every request its `origin`, put together when it is first asked for. */
export function origin(app: FastifyInstance) {
  app.decorateRequest('knownOrigin', null)
  app.decorateRequest('origin', {
    getter(this: FastifyRequest) {
      this.knownOrigin ??= originOf(this)
      return this.knownOrigin
    },
  })
}

/** Where a request came from, also one that is refused before it has an `origin`. */
export const originOf = (request: FastifyRequest): Origin => ({
  correlationId: correlationIdOf(request),
  sourceIp: canonicalAddress(request.ip),
  userAgent: printable(request.headers['user-agent']),
  traceparent: traceparentOf(request),
})

/** The client's `X-Request-Id` where it is one, else a new UUIDv7. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && identifier.test(given) ? given : randomUUIDv7()
}

/** The client's `X-Correlation-Id` where it is one, else the request's own id. */
export function correlationIdOf({ headers, id }: FastifyRequest): string {
  const given = headers['x-correlation-id']
  return typeof given === 'string' && identifier.test(given) ? given : id
}

/** The request's `traceparent` where it is one (W3C Trace Context, section 3.2). */
export function traceparentOf({ headers }: FastifyRequest): string | undefined {
  const { traceparent } = headers
  return typeof traceparent === 'string' && traceContext.test(traceparent) ? traceparent : undefined
}

/** The trace that the request belongs to, where it belongs to one. */
export const traceIdOf = (request: FastifyRequest) => traceparentOf(request)?.slice(3, 35)

/** At most 256 characters of printable ASCII. */
const printable = (text: string | undefined) => text?.replace(/[^\x20-\x7e]/g, '?').slice(0, 256)
