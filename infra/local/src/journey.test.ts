import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@gatehouse/db/connect'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

const password = 'correct horse battery staple'
let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-journey-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Call {
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly method?: string
}

/** Calls the API through the gateway. */
async function call(
  path: string,
  { token, body, headers, method = body === undefined ? 'GET' : 'POST' }: Call = {},
) {
  const response = await fetch(`${platform.url}/api${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : undefined }
}

const newcomer = (companyName: string) => ({
  email: `${crypto.randomUUID()}@people.example`,
  password,
  firstName: 'Ada',
  lastName: 'Lovelace',
  companyName,
  country: 'GB',
})

const login = ({ email, ...rest }: { email: string; headers?: Record<string, string> }) =>
  call('/auth/login', { body: { email, password }, ...rest })

/** The entries of the caller's tenant, once there are as many as that. */
const auditLog = (token: string, count: number, query = '') =>
  vi.waitFor(
    async () => {
      const { status, json } = await call(`/audit-logs${query}`, { token })
      expect(status).toBe(200)
      expect(json.data.length).toBeGreaterThanOrEqual(count)
      return json.data as Record<string, unknown>[]
    },
    { timeout: 10_000, interval: 50 },
  )

describe('who registers with a company', () => {
  const person = newcomer('Analytical Engines')
  const headers = {
    'x-correlation-id': 'journey-0001',
    'user-agent': 'journey/1.0',
    'x-forwarded-for': '203.0.113.9',
  }

  test('is signed in as the administrator of its tenant, and finds all of it in the audit log', async () => {
    const registered = await call('/auth/register', { body: person, headers })
    expect(registered.status).toBe(201)
    const { user } = registered.json
    expect(user).toMatchObject({ email: person.email, roles: ['tenant-admin'], status: 'active' })

    const signedIn = await login({
      email: person.email,
      headers: { ...headers, 'x-correlation-id': 'journey-0002' },
    })
    expect(signedIn.status).toBe(200)
    const token: string = signedIn.json.accessToken

    const me = await call('/users/me', { token })
    expect(me.json).toMatchObject({
      id: user.id,
      tenants: [{ name: 'Analytical Engines', roles: ['tenant-admin'] }],
    })

    const entries = await auditLog(token, 4)
    const story = entries
      .map(({ action, correlationId, service }) => ({ action, correlationId, service }))
      .reverse()
    expect(story).toEqual([
      { action: 'tenant.created', correlationId: 'journey-0001', service: 'directory' },
      { action: 'user.registered', correlationId: 'journey-0001', service: 'directory' },
      { action: 'session.started', correlationId: 'journey-0001', service: 'auth' },
      { action: 'session.started', correlationId: 'journey-0002', service: 'auth' },
    ])
    for (const entry of entries) {
      expect(entry).toMatchObject({
        tenantId: user.tenantId,
        actorType: 'user',
        actorId: user.id,
        sourceIp: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
        userAgent: 'journey/1.0',
      })
    }
    expect(await auditLog(token, 1, '?correlationId=journey-0002')).toHaveLength(1)

    await vi.waitFor(
      async () => {
        const { lastLoginAt } = (await call('/users/me', { token })).json
        expect(Date.parse(lastLoginAt)).toBeGreaterThanOrEqual(Date.parse(user.createdAt))
      },
      { timeout: 5000, interval: 50 },
    )
  })
})

test('one tenant sees nothing of another in the audit log, nor by asking for it', async () => {
  const [one, other] = await Promise.all(
    ['One', 'Other'].map((name) => call('/auth/register', { body: newcomer(name) })),
  )
  const entries = await auditLog(one?.json.accessToken, 3)
  expect(new Set(entries.map(({ tenantId }) => tenantId))).toEqual(new Set([one?.json.user.tenantId]))
  const asked = await call(`/audit-logs?tenantId=${other?.json.user.tenantId}`, {
    token: one?.json.accessToken,
  })
  expect(asked.json).toEqual({ data: [], nextCursor: null })
})

test('the first administrator signs in with the password that was given out, and sees every tenant', async () => {
  const { email, password } = platform.admin
  const signedIn = await call('/auth/login', { body: { email, password } })
  expect(signedIn.json.user).toMatchObject({ roles: ['platform-admin'] })
  const { json } = await call('/auth/register', { body: newcomer('Seen from above') })
  const entries = await auditLog(signedIn.json.accessToken, 3, `?tenantId=${json.user.tenantId}`)
  expect(new Set(entries.map(({ tenantId }) => tenantId))).toEqual(new Set([json.user.tenantId]))
})

test('after logout the access token is refused by every service', async () => {
  const { json } = await call('/auth/register', { body: newcomer('Soon gone') })
  const token: string = json.accessToken
  const routes = ['/users/me', '/audit-logs', '/partner/clients']
  for (const route of routes) expect((await call(route, { token })).status).toBe(200)

  expect((await call('/auth/logout', { token, body: {} })).status).toBe(204)
  await vi.waitFor(
    async () => {
      for (const route of routes) expect((await call(route, { token })).status).toBe(401)
    },
    { timeout: 5000, interval: 20 },
  )
  expect((await call('/auth/refresh', { body: { refreshToken: json.refreshToken } })).status).toBe(401)
})

const refresh = (refreshToken: string) => call('/auth/refresh', { body: { refreshToken } })

test('ten who refresh with one token at once get one and the same successor, and it is good', async () => {
  const { json } = await call('/auth/register', { body: newcomer('Refreshing') })
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(json.refreshToken)))
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
  expect(new Set(answers.map(({ json }) => json.refreshToken)).size).toBe(1)

  const next = await refresh(answers[0]?.json.refreshToken)
  expect(next.status).toBe(200)
  expect((await call('/users/me', { token: next.json.accessToken })).status).toBe(200)
})

test('a refresh token that is used again later ends its session, in every service and in the audit log', async () => {
  const { json } = await call('/auth/register', { body: newcomer('Robbed') })
  const { json: next } = await refresh(json.refreshToken)
  const url = Object.assign(new URL(platform.databaseUrl), { pathname: '/gatehouse_auth' }).href
  const database = connect({ url, poolSize: 1, applicationName: 'journey' })
  await database.orm.execute(
    sql`update refresh_tokens set used_at = used_at - interval '11 s' where used_at is not null`,
  )
  await database.close()

  expect((await refresh(json.refreshToken)).status).toBe(401)
  expect((await refresh(next.refreshToken)).status).toBe(401)
  await vi.waitFor(
    async () => expect((await call('/users/me', { token: next.accessToken })).status).toBe(401),
    {
      timeout: 5000,
      interval: 20,
    },
  )
  const { json: again } = await login({ email: json.user.email })
  const entries = await auditLog(again.accessToken, 1, '?action=session.reuse_detected')
  expect(entries).toMatchObject([{ actorId: json.user.id, service: 'auth' }])
})

test('a wrong password and an unknown person get the same answer', async () => {
  const person = newcomer('Guessed at')
  await call('/auth/register', { body: person })
  const wrong = await call('/auth/login', {
    body: { email: person.email, password: 'not the password at all' },
  })
  const unknown = await call('/auth/login', { body: { email: 'nobody@people.example', password } })
  const { requestId: _, ...problem } = wrong.json
  expect(wrong.status).toBe(401)
  expect(unknown.json).toMatchObject(problem)
})

test('a service gets a token for its secret, and with it opens what its account permits and nothing else', async () => {
  const { serviceAccounts } = JSON.parse(await readFile(join(folder, 'bootstrap.json'), 'utf8'))
  const { name, secret } = serviceAccounts[0]
  const ask = (serviceSecret: string) =>
    call('/v1/auth/service-token', { body: { serviceName: name, serviceSecret } })
  expect((await ask(`${secret}x`)).status).toBe(401)
  const { status, json } = await ask(secret)
  expect(status).toBe(200)
  expect(json).toMatchObject({ tokenType: 'Bearer', expiresIn: 600 })
  expect((await call('/users/me', { token: json.accessToken })).status).toBe(403)
})

test('nothing between services can be reached through the gateway', async () => {
  const body = { email: 'someone@people.example' }
  for (const path of [
    '/internal/registrations',
    '/internal/principals/resolve',
    '/../metrics',
    '/internal%2fregistrations',
  ]) {
    expect([400, 404]).toContain((await call(path, { body })).status)
  }
})
