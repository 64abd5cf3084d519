import { startCollector } from '@gatehouse/telemetry/harness'
import { inSpan } from '@gatehouse/telemetry/span'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { as, endpoint, open, serve } from './harness.ts'

const collector = await startCollector()
const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
const tracing = await startTracing({ name: 'example', version: '1' }, settings, { warn() {} })
const { app, url, lines } = await serve((app) => {
  app.route({ ...endpoint('GET', '/api/where-from/:id', open), handler: async ({ origin }) => origin })
  app.route({
    ...endpoint('POST', '/api/things', open, { body: z.unknown() }),
    handler: () => inSpan('work', {}, async () => ({})),
  })
  app.route({
    ...endpoint('POST', '/api/broken', open),
    handler: async () => {
      throw new Error('hunter2')
    },
  })
})
const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

const origin = await app.inject({ url: '/api/where-from/hunter2?token=hunter2', headers: { traceparent } })
// Over a real connection, and its body in two pieces: the second one comes from the socket alone.
const pieces = new ReadableStream({
  async start(stream) {
    stream.enqueue(Buffer.from('{"secret":'))
    await (await fetch(`${url}/health`)).text()
    stream.enqueue(Buffer.from('"hunter2"}'))
    stream.close()
  },
})
const type = { 'content-type': 'application/json' }
await fetch(`${url}/api/things`, { method: 'POST', headers: type, body: pieces, duplex: 'half' })
await app.inject({ method: 'POST', url: '/api/broken', headers: await as('') })
await app.inject('/api/hunter2')
for (const probe of ['/health', '/ready', '/metrics']) await app.inject(probe)
await tracing.stop()
await app.close()
collector.close()

const spanOf = (name: string) => collector.spans.find((span) => span.name === name)

test('each request is a span of its caller’s trace, by its route and never its URL', () => {
  expect(spanOf('GET /api/where-from/:id')).toMatchObject({
    kind: 2,
    traceId,
    parentSpanId: 'b7ad6b7169203331',
    hasFailed: false,
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/api/where-from/:id',
      'http.response.status_code': 200,
    },
  })
  expect(spanOf('GET none')).toMatchObject({ attributes: { 'http.response.status_code': 404 } })
  expect(spanOf('POST /api/broken')).toMatchObject({ hasFailed: true })
  expect(collector.bodies.join()).not.toContain('hunter2')
})

test('what a request calls, and the client, are told of its span', () => {
  const own = `00-${traceId}-${spanOf('GET /api/where-from/:id')?.spanId}-01`
  expect(origin.json()).toMatchObject({ traceparent: own })
  expect(origin.headers).toMatchObject({ traceparent: own })
})

test('what a handler does is a part of the request, also after a body that came in pieces', () => {
  expect(spanOf('work')?.parentSpanId).toBe(spanOf('POST /api/things')?.spanId)
})

test('the line in the log names the trace', () => {
  const { spanId: _, traceId } = spanOf('POST /api/things') ?? {}
  expect(lines).toContainEqual(expect.objectContaining({ route: '/api/things', trace_id: traceId }))
})

test('what only machines ask for again and again is no trace', () => {
  expect(collector.spans).toHaveLength(5)
})
