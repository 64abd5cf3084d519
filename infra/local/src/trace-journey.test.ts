import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReceivedSpan, startCollector } from '@gatehouse/telemetry/harness'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

const person = {
  email: 'canary-ada@people.example',
  password: 'canary correct horse battery staple',
  firstName: 'Canaryada',
  lastName: 'Canarylace',
  companyName: 'Canary Engines',
  country: 'GB',
}
let folder: string
let platform: Platform
let collector: Awaited<ReturnType<typeof startCollector>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-trace-'))
  collector = await startCollector()
  platform = await startPlatform({
    folder,
    durable: false,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
})

afterAll(async () => {
  await platform?.stop()
  collector?.close()
  await rm(folder, { recursive: true, force: true })
})

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${platform.url}/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

/** The way to a span from the first of its trace, as `service: name` of each. */
function wayOf(span: ReceivedSpan, spans: readonly ReceivedSpan[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return [...(parent ? wayOf(parent, spans) : []), `${span.service}: ${span.name}`]
}

const traceId = '0af7651916cd43dd8448eb211c80319c'

const waitFor = (condition: () => void) => vi.waitFor(condition, { timeout: 15_000, interval: 50 })

/** Waits until both consumers have done with the event of somebody's sign-in, so that it shares no batch with the next. */
const untilConsumed = () =>
  waitFor(() => {
    const done = collector.spans.filter(({ name }) => name === 'process identity.auth.session.started')
    expect(done.map(({ service }) => service)).toEqual(expect.arrayContaining(['audit', 'directory']))
  })

test('one trace leads from a request at the gateway through every service, its SQL and NATS to the audit entry', async () => {
  await post('/auth/register', person)
  await untilConsumed()
  const { email, password } = person
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`
  const { status } = await post('/auth/login', { email, password }, { traceparent })
  expect(status).toBe(200)

  const request = ['gateway: POST *', 'auth: POST /api/auth/login']
  const resolve = 'POST /api/internal/principals/resolve'
  const asked = [...request, `auth: ${resolve}`, `directory: ${resolve}`]
  const sent = [...request, 'auth: send identity.auth.session.started']
  const expected = [
    [...request, 'auth: password hash'],
    [...asked, 'directory: transaction', 'directory: people_named'],
    [...request, 'auth: transaction', 'auth: with sessions'],
    [...sent, 'audit: process identity.auth.session.started', 'audit: transaction', 'audit: insert entries'],
    [...sent, 'directory: process identity.auth.session.started', 'directory: transaction'],
  ]
  await waitFor(() => {
    const trace = collector.spans.filter((span) => span.traceId === traceId)
    const ways = trace.map((span) => wayOf(span, trace).join(' > '))
    expect(ways).toEqual(expect.arrayContaining(expected.map((way) => way.join(' > '))))
  })
})

test('no span holds personal data or a secret, not even of what fails', async () => {
  const { json } = await post('/auth/login', { email: person.email, password: person.password })
  const headers = {
    authorization: `Bearer ${json.accessToken}`,
    'x-forwarded-for': '203.0.113.77',
    'user-agent': 'canary-agent/1.0',
  }
  const before = collector.spans.length
  await post('/auth/login', { email: person.email, password: 'canary-wrong-password' }, headers)
  await post('/auth/register', person, headers)
  await post('/auth/refresh?token=canary-query', { refreshToken: json.refreshToken }, headers)
  await post('/users/me/canary-path', {}, headers)
  await post(
    `/tenants/${json.user.tenantId}/invites`,
    { email: 'canary-invited@people.example', role: 'member' },
    headers,
  )
  await vi.waitFor(
    () => {
      const names = collector.spans.slice(before).map(({ name }) => name)
      expect(names).toContain('POST /api/tenants/:id/invites')
      expect(names).toContain('process identity.directory.invite.created')
    },
    { timeout: 15_000, interval: 50 },
  )

  const everything = collector.bodies.join('\n')
  expect(everything).toContain('identity.auth.session.started')
  const secrets = [json.accessToken, json.refreshToken, '203.0.113.77', json.user.id]
  for (const secret of secrets) expect(everything).not.toContain(secret)
  expect(everything).not.toMatch(/canary/i)
})
