import { isTracing, type Span, startSpan } from '@gatehouse/telemetry/span'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | null
  }
}

/**
 * Makes a span of each request, as part of its caller's trace, and everything that a handler does a part of it. To be
 * called before other hooks are added; where this process doesn't trace it adds none itself.
 */
export function requestSpans(app: FastifyInstance) {
  if (!isTracing()) return
  app.decorateRequest('span', null)

  app.addHook('onRequest', (request, _reply, done) => {
    const { routeOptions } = request
    const span = routeOptions.config.quiet ? undefined : startRequest(request)
    if (!span) return done()
    request.span = span
    // From here on, this span is what the request's traceparent names.
    Object.assign(request.raw.headers, span.headers)
    span.run(done)
  })

  // A body's last piece comes from the socket, which is no part of any request.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.span) request.span.run(done)
    else done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    request.span?.set({ 'http.response.status_code': reply.statusCode })
    if (reply.statusCode >= 500) request.span?.fail()
    request.span?.end()
    done()
  })
}

// Neither path nor query: they may hold ids, addresses and tokens.
function startRequest({ method, routeOptions: { url: route = 'none' }, headers }: FastifyRequest) {
  const attributes = { 'http.request.method': method, 'http.route': route }
  return startSpan(`${method} ${route}`, { kind: 'server', attributes, parent: headers })
}
