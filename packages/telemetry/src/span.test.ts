import { execFile } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { startCollector } from './harness.ts'
import { inSpan, isTracing, startSpan } from './span.ts'
import { type RunningTracing, startTracing, type TracingSettings } from './start-tracing.ts'

const execute = promisify(execFile)
const service = { name: 'example', version: '1.2.3' }
const traceId = '0af7651916cd43dd8448eb211c80319c'
const sampled = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: 'vendor=1' }
const unsampled = { traceparent: `00-${traceId}-b7ad6b7169203331-00` }
const log = { warn: vi.fn() }
let tracing: RunningTracing | undefined

afterEach(async () => {
  log.warn.mockClear()
  await tracing?.stop()
  tracing = undefined
})

/** Traces in this process, and gives what the collector has got once all is sent. */
async function trace(settings: TracingSettings = {}) {
  const collector = await startCollector()
  onTestFinished(collector.close)
  tracing = await startTracing(service, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings }, log)
  return async () => {
    await tracing?.stop()
    return collector.spans
  }
}

test('without a collector nothing is traced, and nothing of OpenTelemetry is loaded', async () => {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { startTracing } = await import('./src/start-tracing.ts')
    const { inSpan, isTracing, startSpan } = await import('./src/span.ts')
    await startTracing({ name: 'example', version: '1' }, {})
    const result = await inSpan('work', {}, async (span) => span ?? 'done')
    const isLoaded = loaded.some((url) => url.includes('opentelemetry'))
    console.log(JSON.stringify({ isLoaded, isTracing: isTracing(), result, span: startSpan('it', {}) ?? null }))`
  const options = { cwd: new URL('..', import.meta.url) }
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', program], options)
  expect(JSON.parse(stdout)).toEqual({ isLoaded: false, isTracing: false, result: 'done', span: null })
})

test('what runs in a span is a part of it, and it of the trace that it was given', async () => {
  const spans = await trace()
  const span = startSpan('request', { kind: 'server', attributes: { 'http.route': '/it' }, parent: sampled })
  const named = await span?.run(() => inSpan('query', { kind: 'client' }, async (query) => query?.headers))
  span?.end()
  const [query, request] = await spans()
  expect(request).toMatchObject({ service: 'example', name: 'request', traceId, kind: 2, hasFailed: false })
  expect(request).toMatchObject({ parentSpanId: 'b7ad6b7169203331', attributes: { 'http.route': '/it' } })
  expect(query).toMatchObject({ name: 'query', traceId, parentSpanId: request?.spanId, kind: 3 })
  expect(named).toEqual({ traceparent: `00-${traceId}-${query?.spanId}-01`, tracestate: 'vendor=1' })
})

test('of what fails its code is told, and never the message', async () => {
  const spans = await trace()
  const span = startSpan('request', {})
  const failure = Object.assign(new Error('Key (email)=(lovelace@people.example) already exists.'), {
    code: '23505',
  })
  const fail = () => inSpan('query', {}, () => Promise.reject(failure))
  await expect(span?.run(fail)).rejects.toBe(failure)
  await expect(
    span?.run(() => inSpan('odd', {}, () => Promise.reject(new TypeError('lovelace')))),
  ).rejects.toThrow()
  span?.end()
  const sent = await spans()
  expect(sent).toMatchObject([
    { name: 'query', hasFailed: true, attributes: { 'error.type': '23505' } },
    { name: 'odd', hasFailed: true, attributes: { 'error.type': 'TypeError' } },
    { name: 'request', hasFailed: false },
  ])
  expect(JSON.stringify(sent)).not.toContain('lovelace')
})

test('what runs by itself, or goes on after its span has ended, is no part of any', async () => {
  const spans = await trace()
  await inSpan('poll', {}, async (span) => expect(span).toBeUndefined())
  const span = startSpan('request', {})
  const later = Promise.withResolvers<void>()
  const goingOn = span?.run(async () => {
    await later.promise
    await inSpan('renewal', {}, async (span) => expect(span).toBeUndefined())
  })
  span?.end()
  later.resolve()
  await goingOn
  expect((await spans()).map(({ name }) => name)).toEqual(['request'])
})

test('a trace that its caller does not sample is not recorded, and goes on to be named', async () => {
  const spans = await trace()
  const span = startSpan('request', { parent: unsampled })
  expect(span?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
  await span?.run(() => inSpan('query', {}, async (query) => expect(query).toBeUndefined()))
  span?.end()
  expect(await spans()).toEqual([])
})

test.each([
  ['always_off', undefined, sampled, 0],
  ['always_on', undefined, unsampled, 1],
  ['traceidratio', 0, sampled, 0],
  ['parentbased_traceidratio', 0, sampled, 1],
  ['parentbased_traceidratio', 0, {}, 0],
  ['parentbased_traceidratio', 1, {}, 1],
  ['parentbased_always_off', undefined, {}, 0],
] as const)('the sampler %s with %s of %o takes %i', async (name, share, parent, count) => {
  const spans = await trace({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share })
  startSpan('request', { parent })?.end()
  expect(await spans()).toHaveLength(count)
})

test('a span can have a link to another', async () => {
  const spans = await trace()
  const first = startSpan('process', { kind: 'consumer' })
  startSpan('process', { kind: 'consumer', link: first })?.end()
  first?.end()
  const [linked, sent] = await spans()
  expect(linked?.links).toEqual([sent?.spanId])
})

/** A collector that deals with what it is sent in some way of its own. */
async function odd(deal: RequestListener) {
  const server = createServer(deal).listen(0, '127.0.0.1')
  await vi.waitFor(() => expect(server.listening).toBe(true))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a collector that takes what it is sent and never answers holds nobody up', async () => {
  const received = vi.fn()
  tracing = await startTracing(service, await odd(received), log)
  for (let i = 0; i < 5_000; i++) startSpan('request', {})?.end()
  await tracing.stop()
  expect(received).toHaveBeenCalled()
  expect(isTracing()).toBe(false)
})

test('of a collector that refuses what it is sent the log tells once', async () => {
  const settings = await odd((_, response) => void response.writeHead(400).end('{}'))
  tracing = await startTracing(service, settings, log)
  for (let i = 0; i < 2_000; i++) startSpan('request', {})?.end()
  await tracing.stop()
  expect(log.warn).toHaveBeenCalledOnce()
})
