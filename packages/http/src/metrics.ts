import type { FastifyInstance } from 'fastify'
import { Gauge, Histogram, Registry } from 'prom-client'

declare module 'fastify' {
  interface FastifyInstance {
    /** What `/metrics` shows; others add to it. */
    readonly metrics: Registry
  }
}

/** Something that a service has measured itself. */
export interface OwnGauge {
  readonly help: string
  read(): number
}

/** Counts and times requests by route, and shows them with the state of the process and `own` gauges at `/metrics`. */
export function metrics(
  app: FastifyInstance,
  service: string,
  own: Readonly<Record<string, OwnGauge>> | undefined,
) {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  app.decorate('metrics', registry)
  measureRequests(app, registry)
  measureProcess(registry)
  for (const [name, { help, read }] of Object.entries(own ?? {})) showGauge(registry, name, help, read)
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

function showGauge(registry: Registry, name: string, help: string, read: () => number) {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

function measureProcess(registry: Registry) {
  const gauge = showGauge.bind(undefined, registry)
  let before = performance.eventLoopUtilization()
  gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge('process_cpu_seconds_total', 'Processor time used so far.', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge(
    'process_start_time_seconds',
    'When the process began, since 1970.',
    () => performance.timeOrigin / 1_000,
  )
  gauge(
    'nodejs_eventloop_utilization',
    'How busy the event loop was since it was last asked, 0 to 1.',
    () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
  )
}
