import type { Sampler } from '@opentelemetry/sdk-trace'
import { traceWith } from './span.ts'

/** OpenTelemetry's own settings, by their standard names. */
export interface TracingSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined
  readonly OTEL_TRACES_SAMPLER?: string | undefined
  readonly OTEL_TRACES_SAMPLER_ARG?: string | number | undefined
}

interface Log {
  warn(fields: object, message: string): unknown
}

export interface RunningTracing {
  /** Sends what is left, for 3 s at most. */
  stop(): Promise<void>
}

/** How long spans are gathered before they are sent. */
const gatherMs = 1_000
const tellEveryMs = 60_000
const answerMs = 2_000
const patienceMs = 3_000

/**
 * Has this process make spans and send them to a collector (OTLP over HTTP, in JSON), where `settings` name one; else it
 * does nothing. A collector that is away or slow is waited for by nobody: what there is no room for is dropped.
 */
export async function startTracing(
  service: { readonly name: string; readonly version: string },
  settings: TracingSettings,
  log: Log,
): Promise<RunningTracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings
  if (endpoint === undefined) return { stop: async () => undefined }
  const otel = await load()
  const { api, core, hooks, sdk } = otel
  const tell = tellOf(log)
  const about = otel.resources.resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
  })
  // `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, as `OTEL_EXPORTER_OTLP_HEADERS`, are read by OpenTelemetry itself.
  const told = otel.resources.detectResources({ detectors: [otel.resources.envDetector] })
  const exporter = new otel.otlp.OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    timeoutMillis: answerMs,
  })
  const provider = new sdk.TracerProvider({
    resource: about.merge(told),
    sampler: samplerOf(sdk, settings),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: gatherMs })],
  })
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  core.setGlobalErrorHandler(tell)
  traceWith({ api, tracer: provider.getTracer('gatehouse', service.version) })
  return {
    async stop() {
      traceWith(undefined)
      api.context.disable()
      api.propagation.disable()
      const limit = Promise.withResolvers<void>()
      const timer = setTimeout(limit.resolve, patienceMs)
      const sent = provider.shutdown().catch(tell)
      await Promise.race([sent, limit.promise]).finally(() => clearTimeout(timer))
    },
  }
}

/** Makes what tells the log, once a minute at most, that something could not be sent. */
function tellOf(log: Log) {
  let toldAt = Number.NEGATIVE_INFINITY
  return (err: unknown) => {
    if (performance.now() - toldAt < tellEveryMs) return
    toldAt = performance.now()
    log.warn({ err }, 'traces could not be sent')
  }
}

// Loaded only here: it takes memory that installations without a collector have better use for.
async function load() {
  const [api, sdk, hooks, core, otlp, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  return { api, sdk, hooks, core, otlp, resources }
}

type Sdk = Awaited<ReturnType<typeof load>>['sdk']

/** By the names that OpenTelemetry's specification gives them; without one, as a caller has decided, else all. */
function samplerOf(sdk: Sdk, settings: TracingSettings): Sampler {
  const { OTEL_TRACES_SAMPLER: name = 'parentbased_always_on', OTEL_TRACES_SAMPLER_ARG: ratio = 1 } = settings
  const root = name.endsWith('always_on')
    ? new sdk.AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new sdk.AlwaysOffSampler()
      : new sdk.TraceIdRatioBasedSampler(Number(ratio))
  return name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}
