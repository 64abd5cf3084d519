import { startCollector } from '@gatehouse/telemetry/harness'
import { inSpan } from '@gatehouse/telemetry/span'
import { startTracing } from '@gatehouse/telemetry/start-tracing'
import { expect, onTestFinished, test } from 'vitest'
import { endSending, inProcessing, startSending } from './message-spans.ts'

const [one, other] = ['0af7651916cd43dd8448eb211c80319c', '1bf7651916cd43dd8448eb211c80319d']
const namedBy = (traceId: string, flags = '01') => `00-${traceId}-b7ad6b7169203331-${flags}`
const subject = 'identity.auth.session.started'

async function trace() {
  const collector = await startCollector()
  onTestFinished(collector.close)
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  const tracing = await startTracing({ name: 'audit', version: '1' }, settings, { warn() {} })
  onTestFinished(tracing.stop)
  return async () => {
    await tracing.stop()
    return collector.spans
  }
}

const held = (traceparent: string | undefined) => ({
  subject,
  data: Uint8Array.of(),
  sequence: 1,
  redeliveries: 0,
  storedAt: '',
  traceparent,
})

test('what is done for events of several traces at once is a part of the first, to which the others have a link', async () => {
  const spans = await trace()
  const messages = [held(undefined), held(namedBy(one, '00')), held(namedBy(one)), held(namedBy(other))]
  await inProcessing(messages, 'audit', () => inSpan('transaction', {}, async () => undefined))
  const [transaction, first, second, ...more] = await spans()
  expect(more).toEqual([])
  expect(first).toMatchObject({ traceId: one, kind: 5, attributes: { 'messaging.batch.message_count': 4 } })
  expect(second).toMatchObject({ traceId: other, kind: 5, links: [first?.spanId] })
  expect(transaction).toMatchObject({ traceId: one, parentSpanId: first?.spanId })
})

test('events that could not be handled have failed in their own traces', async () => {
  const spans = await trace()
  const away = Object.assign(new Error('away'), { code: 'database.unavailable' })
  const handling = inProcessing([held(namedBy(one)), held(namedBy(other))], 'audit', () =>
    Promise.reject(away),
  )
  await expect(handling).rejects.toBe(away)
  const failed = { hasFailed: true, attributes: { 'error.type': 'database.unavailable' } }
  expect(await spans()).toMatchObject([failed, failed])
})

test('of what is sent each message has a span of the trace that led to it; one that was not taken has failed', async () => {
  const spans = await trace()
  const messages = [
    { eventId: 'taken', subject, payload: { traceparent: namedBy(one) } },
    { eventId: 'refused', subject, payload: { traceparent: namedBy(other) } },
    { eventId: 'nobody’s', subject: 'revocation.auth.session.1', payload: {} },
  ]
  const sending = startSending(messages)
  expect([...sending.keys()]).toEqual(['taken', 'refused'])
  endSending(sending, [{ eventId: 'refused', err: new Error('maximum bytes exceeded') }])
  expect(await spans()).toMatchObject([
    { traceId: one, kind: 4, hasFailed: false, attributes: { 'messaging.message.id': 'taken' } },
    { traceId: other, kind: 4, hasFailed: true },
  ])
})
