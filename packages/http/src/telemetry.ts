import type { Span } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | null
  }
}

interface TelemetryOptions {
  readonly service: string
  readonly version: string
  /** The base URL of an OTLP/HTTP collector. */
  readonly endpoint: string
}

/** Makes a span of each request, as part of its caller's trace (W3C Trace Context), and sends it to a collector. */
export function telemetry(app: FastifyInstance, options: TelemetryOptions) {
  app.decorateRequest('span', null)
  app.register(
    fastifyPlugin(async (app) => {
      const provider = await start(options)
      app.addHook('onClose', () => provider.shutdown())
      await traceRequests(app)
    }),
  )
}

async function traceRequests(app: FastifyInstance) {
  const { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = await import(
    '@opentelemetry/api'
  )
  const tracer = trace.getTracer('http')

  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers, routeOptions } = request
    const route = routeOptions.url ?? 'none'
    const parent = propagation.extract(ROOT_CONTEXT, headers)
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    const active = trace.setSpan(parent, span)
    request.span = span
    // From here on, this span is what the request's traceparent names.
    propagation.inject(active, request.raw.headers)
    context.with(active, done)
  })

  app.addHook('onResponse', (request, reply, done) => {
    request.span?.setAttribute('http.response.status_code', reply.statusCode)
    if (reply.statusCode >= 500) request.span?.setStatus({ code: SpanStatusCode.ERROR })
    request.span?.end()
    done()
  })
}

// All of it is loaded only here: it takes memory that installations without a collector have better use for.
async function start({ service, version, endpoint }: TelemetryOptions) {
  const [
    api,
    { AsyncLocalStorageContextManager },
    { W3CTraceContextPropagator },
    sdk,
    { OTLPTraceExporter },
    resources,
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  })
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  api.trace.setGlobalTracerProvider(provider)
  return provider
}
