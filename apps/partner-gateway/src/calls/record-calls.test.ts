import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { createTestDatabase } from '@gatehouse/testing/database'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { recordCalls } from './record-calls.ts'

// Nobody is behind the door.
const narrow = async () => ({ token: 'narrow', expiresInSeconds: 300 })
const { app, db, partner, calls } = await harness({ narrow })
const log = { info() {}, warn() {}, error() {} }

const toldOf = async (tenantId: string) => {
  const rows = await readInPlatform(db, (tx) => tx.select().from(outbox).where(eq(outbox.tenantId, tenantId)))
  return rows
    .filter(({ subject }) => subject === 'identity.partner-gateway.partner_api.called')
    .map(({ payload }) => {
      const { actortype, actorid, correlationid, data } = payload as Record<string, unknown>
      return { actor: `${actortype} ${actorid}`, correlationid, ...(data as { count: number }) }
    })
}

const call = {
  operation: 'partnerGetUser',
  method: 'GET',
  route: '/api/partner/v1/users/:id',
  permission: 'users:read',
  reason: null,
  origin: { correlationId: 'tour-0001', sourceIp: '192.0.2.7', userAgent: undefined, traceparent: undefined },
  outcome: 'answered',
  bytesIn: 1,
  bytesOut: 2,
  ms: 1,
} as const

test('of each client, route and way to end the first call is told at once, and the others of the minute are counted', async () => {
  const { id, tenantId, headers } = await partner()
  const path = '/api/partner/v1/users/0198c0de-0000-7000-8000-000000000001'
  const authorize = () => app.inject({ url: '/internal/authorize', headers })
  const letThrough = { actor: `partner_client ${id}`, outcome: 'answered', route: '/internal/authorize' }
  const first = app.inject({ url: path, headers: { ...headers, 'x-correlation-id': 'tour-0001' } })
  expect((await first).statusCode).toBe(502)
  await authorize()
  await expect.poll(() => toldOf(tenantId)).toHaveLength(2)
  expect(await toldOf(tenantId)).toMatchObject([
    {
      actor: `partner_client ${id}`,
      correlationid: 'tour-0001',
      method: 'GET',
      route: '/api/partner/v1/users/:id',
      permission: 'users:read',
      outcome: 'failed',
      reason: 'partner_api.broken_answer',
      count: 1,
    },
    { ...letThrough, permission: null, reason: null, count: 1 },
  ])
  for (let n = 0; n < 20; n++) await authorize()
  await calls.stop()
  expect((await toldOf(tenantId)).slice(2)).toMatchObject([{ ...letThrough, count: 20 }])
})

test('who was not let in is no caller: `access.denied` tells of them', async () => {
  const { id: clientId, tenantId } = await partner()
  const { note, stop } = recordCalls({ db, log })
  for (const outcome of ['refused_token', 'refused_scope', 'refused_address', 'refused_limit'] as const)
    note({ ...call, clientId, tenantId, outcome })
  await stop()
  expect(await toldOf(tenantId)).toEqual([])
})

test('a flood of calls is one event in a window, and clients past what is told apart are counted together', async () => {
  const [one, two] = [await partner(), await partner()]
  const { note, stop } = recordCalls({ db, log, capacity: 1 })
  for (let n = 0; n < 10_000; n++) note({ ...call, clientId: one.id, tenantId: one.tenantId })
  note({ ...call, clientId: two.id, tenantId: two.tenantId })
  await stop()
  const counts = (await toldOf(one.tenantId)).map(({ count }) => count)
  expect(counts.length).toBeLessThanOrEqual(2)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000)
  expect(await toldOf(two.tenantId)).toEqual([])
})

test('while PostgreSQL is away, no call waits, and none is forgotten', async () => {
  const { id: clientId, tenantId } = await partner()
  const { db: away } = await createTestDatabase('partner-gateway')
  await away.close()
  let pool = away.pool
  const { note, stop } = recordCalls({
    log,
    db: {
      ...db,
      get pool() {
        return pool
      },
    },
  })
  for (let n = 0; n < 3; n++) note({ ...call, clientId, tenantId })
  pool = db.pool
  await stop()
  const counts = (await toldOf(tenantId)).map(({ count }) => count)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
})
