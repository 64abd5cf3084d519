import { inTenant } from '@gatehouse/db/tenant'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sql } from 'drizzle-orm'
import { afterAll, expect, test, vi } from 'vitest'
import { harness } from '../harness.ts'
import { clientUsage } from '../tables.ts'
import { keepAccount } from './account.ts'

// Nobody is behind the door.
const narrow = async () => ({ token: 'narrow', expiresInSeconds: 300 })
const { app, db, partner, revoked, as, account } = await harness({ narrow, trustedProxies: ['127.0.0.1/32'] })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
afterAll(() => app.close())

type Headers = Record<string, string>
const get = (path: string, headers: Headers) => fetch(`${url}${path}`, { headers })
const authorize = (headers: Headers) => get('/internal/authorize', headers)
const log = { info() {}, warn() {}, error() {} }
const today = () => new Date().toISOString().slice(0, 10)

const show = async ({ id, tenantId }: { id: string; tenantId: string }, query = '') => {
  const headers = await as({ tenantId, permissions: ['partner-clients:read'] })
  return app.inject({ url: `/api/partner/clients/${id}/usage${query}`, headers })
}

test('every call is on the account of its client: answered, refused by reason, or failed; with bytes and times', async () => {
  const client = await partner({ allowedIps: ['127.0.0.1', '192.0.2.0/24'] })
  const { headers } = client
  await authorize(headers)
  await authorize(headers)
  await authorize({ ...headers, 'x-forwarded-for': '203.0.113.9' })
  await get('/api/partner/v1/users', headers)
  await get('/api/partner/v1/users/none', headers)
  await get('/api/partner/v1/audit-logs', headers)
  await account.write()

  const answer = await show(client)
  expect(answer.json()).toMatchObject({
    to: today(),
    data: [
      {
        day: today(),
        calls: 6,
        answered: 2,
        failed: 1,
        refused: { token: 0, scope: 1, address: 1, limit: 0, request: 1 },
        operations: { authorizeCall: 3, partnerListUsers: 1, partnerGetUser: 1, partnerListAuditLogs: 1 },
      },
    ],
  })
  const [{ bytesIn, bytesOut, meanMs, maxMs }] = answer.json().data
  for (const figure of [bytesIn, bytesOut, meanMs]) expect(figure).toBeGreaterThan(0)
  expect(maxMs).toBeGreaterThanOrEqual(meanMs)
})

test('what is tried with a token that was revoked is on the account, and what is claimed without a good one is not', async () => {
  const client = await partner()
  const [head, , signature] = client.headers.authorization.split('.')
  await authorize({ authorization: `${head}.e30.${signature}` })
  revoked.add(client.id)
  await authorize(client.headers)
  await account.write()
  expect((await show(client)).json().data).toMatchObject([{ calls: 1, refused: { token: 1 } }])
})

const call = { operation: 'partnerListUsers', bytesIn: 1, bytesOut: 2, ms: 1 } as const

test('accounts of several processes add up, and are written every few seconds by themselves', async () => {
  const client = await partner()
  const replicas = [1, 2, 3].map(() => keepAccount({ db, log, writeEveryMs: 20 }))
  for (const { count } of replicas)
    for (let n = 1; n <= 100; n++) count({ ...call, clientId: client.id, outcome: 'answered', ms: n })
  await expect
    .poll(async () => (await show(client)).json().data)
    .toMatchObject([{ calls: 300, answered: 300, bytesIn: 300, bytesOut: 600, meanMs: 50.5, maxMs: 100 }])
  await Promise.all(replicas.map(({ stop }) => stop()))
})

test('no count is in memory alone for ten seconds', async () => {
  const client = await partner()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { count, stop } = keepAccount({ db, log })
  try {
    count({ ...call, clientId: client.id, outcome: 'answered' })
    vi.advanceTimersByTime(9_999)
  } finally {
    vi.useRealTimers()
  }
  await expect.poll(async () => (await show(client)).json().data).toMatchObject([{ calls: 1 }])
  await stop()
})

test('while PostgreSQL is away, counts wait, and none is lost', async () => {
  const { id: clientId, tenantId } = await partner()
  const { db: away } = await createTestDatabase('partner-gateway')
  await away.close()
  let pool = away.pool
  const waiting = keepAccount({
    log,
    db: {
      ...db,
      get pool() {
        return pool
      },
    },
  })
  waiting.count({ ...call, clientId, outcome: 'answered' })
  waiting.count({ ...call, clientId, outcome: 'refused_limit' })
  await waiting.write()
  waiting.count({ ...call, clientId, outcome: 'refused_limit' })
  pool = db.pool
  await waiting.stop()
  expect((await show({ id: clientId, tenantId })).json().data).toMatchObject([
    { calls: 3, answered: 1, refused: { limit: 2 } },
  ])
})

test('of a client of another tenant, or of none, nobody is shown anything', async () => {
  const client = await partner()
  await authorize(client.headers)
  await account.write()
  const foreign = await show({ ...client, tenantId: crypto.randomUUID() })
  const missing = await show({ ...client, id: crypto.randomUUID() })
  for (const answer of [foreign, missing]) {
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ code: 'client.not_found' })
  }
})

test('a span of days is shown, the first to the last', async () => {
  const client = await partner()
  const { id: clientId, tenantId } = client
  await inTenant(db, tenantId, (tx) =>
    tx.execute(sql`insert into ${clientUsage} select ${clientId}, ${tenantId}, day, 'o', 'answered', 1, 0, 0, 0, 0
      from generate_series(date '2027-01-01', date '2027-01-31', '1 day') day`),
  )
  const days = (await show(client, '?from=2027-01-10&to=2027-01-12')).json().data
  expect(days.map(({ day }: { day: string }) => day)).toEqual(['2027-01-10', '2027-01-11', '2027-01-12'])
  expect((await show(client, '?to=2027-01-31')).json()).toMatchObject({
    from: '2027-01-02',
    to: '2027-01-31',
  })
  for (const query of [
    '?from=2027-01-10',
    '?from=2027-01-10&to=2027-01-09',
    '?from=2027-01-01&to=2027-06-01',
    '?to=x',
  ])
    expect((await show(client, query)).statusCode).toBe(400)
})
