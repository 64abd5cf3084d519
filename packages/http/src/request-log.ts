import type { Principal } from '@gatehouse/contracts/principal'
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Bindings, ChildLoggerOptions, LogFn } from 'pino'
import type { Logger } from './logging.ts'
import { correlationIdOf, traceIdOf } from './origin.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked for so often by machines that only failures are worth a line in the log. */
    quiet?: true
  }
}

/** Writes one line for each finished request in place of Fastify's two. */
export class RequestLog extends LogController {
  readonly #lines: Logger
  readonly #linesOf = new WeakMap<Principal, Logger>()

  constructor(log: Logger) {
    super({ requestIdLogLabel: 'requestId' })
    // What these lines say is fixed: there is nothing to redact.
    this.#lines = log.child({}, { formatters: { log: (fields) => fields } })
  }

  override incomingRequest() {}

  override routeNotFound() {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const { url, config } = request.routeOptions
    const level = error ? 'error' : config.quiet && reply.statusCode < 500 ? 'debug' : 'info'
    const fields = {
      method: request.method,
      route: url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      requestId: request.id,
      correlationId: correlationIdOf(request),
      // As OpenTelemetry names it in logs, by which viewers find the trace of a line.
      trace_id: traceIdOf(request),
      failure: request.failure ?? undefined,
      err: error ?? undefined,
    }
    this.#linesFor(request.principal)[level](fields, 'request')
  }

  // A child has its fields as text already, and a principal stays the same object for many requests.
  #linesFor(principal: Principal | undefined) {
    if (!principal) return this.#lines
    let lines = this.#linesOf.get(principal)
    if (!lines) {
      lines = this.#lines.child({ principal: principal.id, kind: principal.kind, tenant: principal.tenantId })
      this.#linesOf.set(principal, lines)
    }
    return lines
  }
}

const methods = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** A request's log, which is made only when something is written to it: most handlers never do. */
class LazyLog {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: Bindings) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get level() {
    return this.#parent.level
  }

  child(bindings: Bindings, options?: ChildLoggerOptions) {
    return this.log.child(bindings, options)
  }

  get log(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(this.#bindings)
    return this.#made
  }
}

for (const method of methods) {
  Object.defineProperty(LazyLog.prototype, method, {
    value(this: LazyLog, ...line: Parameters<LogFn>) {
      this.log[method](...line)
    },
  })
}

/** Gives each request a log that carries its id. */
export const requestLogger = (parent: FastifyBaseLogger, bindings: Bindings) =>
  new LazyLog(parent, bindings) as unknown as FastifyBaseLogger
