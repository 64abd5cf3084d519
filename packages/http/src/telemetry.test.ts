import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { endpoint, open, serve } from './harness.ts'

interface ExportedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly status: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[]
}
interface Export {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[]
  }[]
}

const spans: ExportedSpan[] = []
const collector = createHttpServer(async (request, response) => {
  const { resourceSpans } = (await json(request)) as Export
  spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
  response.end('{}')
}).listen(0, '127.0.0.1')
await vi.waitFor(() => expect(collector.listening).toBe(true), 10_000)
const tracesEndpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`

test('each request is a span of its caller’s trace, and what it calls is told so', async () => {
  const { app } = await serve(
    (app) => {
      app.route({ ...endpoint('GET', '/api/where-from', open), handler: async ({ origin }) => origin })
      app.route({
        ...endpoint('POST', '/api/broken', open),
        handler: async () => {
          throw new Error('broken')
        },
      })
    },
    { tracesEndpoint },
  )
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const reply = await app.inject({ url: '/api/where-from?token=hunter2', headers: { traceparent } })
  await app.inject({ method: 'POST', url: '/api/broken' })
  await app.close()

  const traced = spans.find(({ name }) => name === 'GET /api/where-from')
  expect(traced).toMatchObject({
    kind: 2,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    attributes: expect.arrayContaining([
      { key: 'http.route', value: { stringValue: '/api/where-from' } },
      { key: 'http.response.status_code', value: { intValue: 200 } },
    ]),
  })
  expect(reply.json()).toMatchObject({ traceparent: `00-${traced?.traceId}-${traced?.spanId}-01` })
  expect(spans.find(({ name }) => name === 'POST /api/broken')).toMatchObject({ status: { code: 2 } })
  expect(JSON.stringify(spans)).not.toContain('hunter2')
  collector.close()
})
