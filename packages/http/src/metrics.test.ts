import { Counter } from 'prom-client'
import { expect, test, vi } from 'vitest'
import * as z from 'zod'
import { endpoint, open, serve } from './harness.ts'

const { app } = await serve((app) =>
  app.route({
    ...endpoint('GET', '/api/things/:id', open, { params: z.object({ id: z.string() }) }),
    handler: async ({ params: { id } }) => {
      if (id === 'broken') throw new Error('broken')
      return {}
    },
  }),
)
const read = async () => (await app.inject('/metrics')).body

test('requests are counted and timed by route and status, never by URL', async () => {
  for (const path of [
    '/api/things/1',
    '/api/things/2',
    '/api/things/broken',
    '/api/unknown-1',
    '/api/unknown-2',
  ]) {
    await app.inject(path)
  }
  const text = await read()
  const count = (labels: string) =>
    `http_request_duration_seconds_count{service="example",method="GET",${labels}}`
  expect(text).toContain(`${count('route="/api/things/:id",status="200"')} 2`)
  expect(text).toContain(`${count('route="/api/things/:id",status="500"')} 1`)
  expect(text).toContain(`${count('route="none",status="404"')} 2`)
  expect(text).not.toContain('unknown-1')
})

test('the process shows how it is', async () => {
  const text = await read()
  expect(text).toMatch(/^process_resident_memory_bytes\{service="example"\} \d{7,}$/m)
  expect(text).toMatch(/^process_cpu_seconds_total\{service="example"\} [\d.]+$/m)
  expect(text).toMatch(/^nodejs_eventloop_utilization\{service="example"\} [\d.e-]+$/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{service="example"\} [\d.e-]+$/m)
  expect(text).toContain('gatehouse_build_info{version="1.2.3",service="example"} 1')
})

test('an event loop that was held up is shown to be late', async () => {
  const lag = async () => Number(/^nodejs_eventloop_lag_p99_seconds\{.*\} (.*)$/m.exec(await read())?.[1])
  const holdUp = async () => {
    const until = performance.now() + 200
    while (performance.now() < until);
    // Lets the timer come that is late now.
    await new Promise((resolve) => setTimeout(resolve))
  }
  await vi.waitFor(
    async () => {
      await holdUp()
      expect(await lag()).toBeGreaterThan(0.1)
    },
    { timeout: 10_000, interval: 100 },
  )
})

test('others can add what they count, and two servers do not share it', async () => {
  const { app: other } = await serve(() => {})
  new Counter({ name: 'things_total', help: 'Things.', registers: [app.metrics] }).inc(3)
  expect(await read()).toContain('things_total{service="example"} 3')
  expect((await other.inject('/metrics')).body).not.toContain('things_total')
  await other.close()
})

test('what a service has measured itself is shown as it is at that moment, and what ends in _total as a counter', async () => {
  let refusals = [{ labels: { limit: 'login' }, value: 1 }]
  const { app: measuring } = await serve(() => {}, {
    metrics: {
      queue_depth: { help: 'Depth.', read: () => 7 },
      refusals_total: { help: 'Refusals.', labels: ['limit'], read: () => refusals },
    },
  })
  const first = (await measuring.inject('/metrics')).body
  expect(first).toContain('# TYPE queue_depth gauge\nqueue_depth{service="example"} 7')
  expect(first).toContain('# TYPE refusals_total counter\nrefusals_total{limit="login",service="example"} 1')
  refusals = [{ labels: { limit: 'reset' }, value: 2 }]
  const second = (await measuring.inject('/metrics')).body
  expect(second).toContain('refusals_total{limit="reset",service="example"} 2')
  expect(second).not.toContain('limit="login"')
  await measuring.close()
})

test('what is measured is not on the way that a gateway routes', async () => {
  expect((await app.inject('/api/metrics')).statusCode).toBe(404)
})
