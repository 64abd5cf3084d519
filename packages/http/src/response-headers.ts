import type { FastifyInstance } from 'fastify'
import { traceparentOf } from './origin.ts'

/** What every answer carries (OWASP HTTP Headers); a route that needs another value sets it after. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** Sets the security headers, and tells the client the ids by which its request is found again. */
export function responseHeaders(app: FastifyInstance) {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders).header('x-request-id', request.id)
    const traceparent = traceparentOf(request)
    if (traceparent) reply.header('traceparent', traceparent)
    if (app.lifecycle.draining) reply.header('connection', 'close')
    done()
  })
}
