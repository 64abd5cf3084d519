import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyInstance {
    /** What `/metrics` shows; others add to it. */
    readonly metrics: Registry
  }
}

/** Something that a service has measured itself; a counter where its name ends in `_total`, else a gauge. */
export interface OwnMetric {
  readonly help: string
  readonly labels?: readonly string[]
  /** A number, or one for each of the values of its labels, which have to be few and never anybody's choice. */
  read(): number | readonly Reading[]
}

interface Reading {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Metrics by the names that they have. */
export type OwnMetrics = Readonly<Record<string, OwnMetric>>

/** Counts and times requests by route, and shows them with the state of the process and what is its `own` at `/metrics`. */
export function metrics(
  app: FastifyInstance,
  { service, version }: { readonly service: string; readonly version: string },
  own: OwnMetrics = {},
) {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  app.decorate('metrics', registry)
  measureRequests(app, registry)
  const all = { ...processMetrics(app), ...buildMetrics(version), ...own }
  for (const [name, metric] of Object.entries(all)) show(registry, name, metric)
  app.get(
    '/metrics',
    { config: { access: 'public', quiet: true }, schema: { hide: true } },
    async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  )
}

function measureRequests(app: FastifyInstance, registry: Registry) {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by route; its count is how many there were.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    const labels = { method, route: routeOptions.url ?? 'none', status: reply.statusCode }
    duration.observe(labels, reply.elapsedTime / 1_000)
    done()
  })
}

function show(registry: Registry, name: string, { help, labels = [], read }: OwnMetric) {
  const Kind = name.endsWith('_total') ? Counter : Gauge
  new Kind({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      const found = read()
      this.reset()
      for (const reading of typeof found === 'number' ? [{ labels: {}, value: found }] : found)
        this.inc(reading.labels, reading.value)
    },
  })
}

const buildMetrics = (version: string): OwnMetrics => ({
  gatehouse_build_info: {
    help: 'Always 1: its label is the version that runs.',
    labels: ['version'],
    read: () => [{ labels: { version }, value: 1 }],
  },
})

/** What prom-client would measure of the process by the same names, but for what it costs. */
function processMetrics(app: FastifyInstance): OwnMetrics {
  const resolutionMs = 20
  const lag = monitorEventLoopDelay({ resolution: resolutionMs })
  lag.enable()
  app.addHook('onClose', () => void lag.disable())
  let before = performance.eventLoopUtilization()
  return {
    process_resident_memory_bytes: { help: 'Resident memory.', read: () => process.memoryUsage.rss() },
    nodejs_heap_size_used_bytes: { help: 'Heap in use.', read: () => process.memoryUsage().heapUsed },
    process_cpu_seconds_total: {
      help: 'Processor time used so far.',
      read() {
        const { user, system } = process.cpuUsage()
        return (user + system) / 1e6
      },
    },
    process_start_time_seconds: {
      help: 'When the process began, since 1970.',
      read: () => performance.timeOrigin / 1_000,
    },
    nodejs_eventloop_utilization: {
      help: 'How busy the event loop was since it was last asked, 0 to 1.',
      read() {
        const now = performance.eventLoopUtilization()
        const { utilization } = performance.eventLoopUtilization(now, before)
        before = now
        return utilization
      },
    },
    nodejs_eventloop_lag_p99_seconds: {
      help: 'How late the event loop came to its timers since it was last asked, the 99th percentile.',
      read() {
        // What is measured is the time between two timers, which is never less than was asked for.
        const p99 = lag.percentile(99) / 1e9 - resolutionMs / 1_000
        lag.reset()
        return Math.max(0, p99)
      },
    },
  }
}
