import type * as otel from '@opentelemetry/api'

/** What names a span to whoever is called (W3C Trace Context). */
export interface TraceHeaders {
  readonly traceparent?: string
  readonly tracestate?: string
}

/** What is said of a span. Neither personal data nor a secret may be in it: traces are kept by others, and for others to read. */
export interface About {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  /** By OpenTelemetry's semantic conventions. */
  readonly attributes?: Attributes
}

type Attributes = Readonly<Record<string, string | number>>

interface Origin {
  /** Headers that name the span, of another process or another time, that this one is a part of; without it, it is nobody's. */
  readonly parent?: Readonly<Record<string, unknown>>
  /** Another that this one has to do with. */
  readonly link?: Span | undefined
}

/** Something that takes time, as a trace shows it. */
export interface Span {
  readonly headers: TraceHeaders
  /** For links. */
  readonly context: otel.SpanContext
  /** Whether it is to be seen by anybody, by the sampling in force. */
  readonly isSampled: boolean
  set(attributes: Attributes): void
  /** Runs what is a part of it: `inSpan` makes parts. */
  run<T>(work: () => T): T
  /** Says that it failed; of the reason its code alone, because messages quote values. */
  fail(reason?: unknown): void
  end(): void
}

interface Tracing {
  readonly api: typeof otel
  readonly tracer: otel.Tracer
}

let tracing: Tracing | undefined

/** For `start-tracing.ts`. */
export function traceWith(started: Tracing | undefined) {
  tracing = started
}

/** Whether this process traces; else nothing here does anything. */
export const isTracing = () => tracing !== undefined

/** Begins a span that came from outside of what runs here: a request, a message. Undefined where nothing is traced. */
export function startSpan(name: string, { parent = {}, link, ...about }: About & Origin): Span | undefined {
  if (!tracing) return undefined
  const { api } = tracing
  const from = api.propagation.extract(api.ROOT_CONTEXT, parent)
  return start(tracing, from, name, about, link)
}

/** Runs `work` as a span of the one that is under way; as it is, where there is none, or nobody is to see it. */
export function inSpan<T>(
  name: string,
  about: About,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!tracing) return work(undefined)
  const { api } = tracing
  const within = api.context.active()
  // A timer that a request has set is no part of it any more when that has ended.
  if (!api.trace.getSpan(within)?.isRecording()) return work(undefined)
  const span = start(tracing, within, name, about)
  return endAfter(span, work)
}

async function endAfter<T>(span: Span, work: (span: Span) => Promise<T>) {
  try {
    return await span.run(() => work(span))
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}

function start(
  { api, tracer }: Tracing,
  within: otel.Context,
  name: string,
  about: About,
  link?: Span,
): Span {
  const { kind = 'internal', attributes = {} } = about
  const options = {
    kind: kinds[kind],
    attributes: { ...attributes },
    links: link ? [{ context: link.context }] : [],
  }
  const span = tracer.startSpan(name, options, within)
  const context = api.trace.setSpan(within, span)
  return {
    get headers() {
      const headers: TraceHeaders = {}
      api.propagation.inject(context, headers)
      return headers
    },
    context: span.spanContext(),
    isSampled: span.isRecording(),
    set: (more) => void span.setAttributes({ ...more }),
    run: (work) => api.context.with(context, work),
    fail(reason) {
      span.setStatus({ code: api.SpanStatusCode.ERROR })
      if (reason !== undefined) span.setAttribute('error.type', codeOf(reason))
    },
    end: () => span.end(),
  }
}

/** `SpanKind` of OpenTelemetry, which is not loaded here. */
const kinds = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const

/** The code of a problem, of PostgreSQL or of Node.js; else the name of the error's class. */
function codeOf(reason: unknown): string {
  if (!(reason instanceof Error)) return typeof reason
  return 'code' in reason && typeof reason.code === 'string' ? reason.code : reason.name
}
