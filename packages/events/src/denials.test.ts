import type { Denial } from '@gatehouse/contracts/access-events'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import { expect, onTestFinished, test, vi } from 'vitest'
import { recordDenials, toOutbox } from './denials.ts'
import * as given from './harness.ts'

const soon = { timeout: 15_000, interval: 20 }

async function setUp(options: { windowMs?: number; capacity?: number } = {}) {
  const database = await given.createOutboxDatabase()
  const denials = recordDenials({
    service: 'auth',
    write: toOutbox(database.db),
    log: given.silent,
    windowMs: 60_000,
    ...options,
  })
  onTestFinished(denials.stop)
  const events = async () =>
    (await database.asSuperuser('select subject, tenant_id, payload from outbox order by position')).map(
      (row) => row as { subject: string; tenant_id: string; payload: { data: { count: number } } },
    )
  const counts = async () => (await events()).map(({ payload }) => payload.data.count)
  return { ...database, denials, events, counts }
}

const denial = (more: Partial<Denial> = {}): Denial => ({
  status: 403,
  reason: 'auth.forbidden',
  method: 'GET',
  route: '/api/users/:id',
  permission: 'users:read',
  bearer: undefined,
  network: '192.0.2.1',
  origin: { correlationId: 'test-0001', sourceIp: '192.0.2.1', userAgent: 'test', traceparent: undefined },
  ...more,
})
const bearer = {
  kind: 'user',
  id: uuidv7(),
  tenantId: uuidv7(),
  sessionId: undefined,
  permissions: new Set<never>(),
} as const

test('a refused request becomes an event of the service, in the log of its sender and under their name', async () => {
  const { denials, events } = await setUp()
  denials.note(denial({ bearer }))
  await vi.waitFor(async () => expect(await events()).toHaveLength(1), soon)
  const [event] = await events()
  expect(event).toMatchObject({
    subject: 'identity.auth.access.denied',
    tenant_id: bearer.tenantId,
    payload: {
      source: 'urn:gatehouse:service:auth',
      type: 'access.denied',
      actortype: 'user',
      actorid: bearer.id,
      correlationid: 'test-0001',
      sourceip: '192.0.2.1',
      data: {
        status: 403,
        reason: 'auth.forbidden',
        method: 'GET',
        route: '/api/users/:id',
        permission: 'users:read',
        count: 1,
        since: expect.any(String),
      },
    },
  })
})

test('who is not known is told of to the platform', async () => {
  const { denials, events } = await setUp()
  denials.note(denial({ status: 401, reason: 'auth.invalid_token' }))
  await vi.waitFor(async () => expect(await events()).toHaveLength(1), soon)
  expect((await events())[0]).toMatchObject({
    tenant_id: platformTenantId,
    payload: { actortype: 'system', actorid: 'anonymous' },
  })
})

test('of a flood the first is told at once and the rest as one count, none left out', async () => {
  const { denials, counts } = await setUp()
  denials.note(denial())
  await vi.waitFor(async () => expect(await counts()).toEqual([1]), soon)
  for (let n = 0; n < 10_000; n++) denials.note(denial())
  await denials.stop()
  expect(await counts()).toEqual([1, 10_000])
})

test('senders, routes and reasons are told apart; addresses are not, when it is known who sends', async () => {
  const { denials, counts } = await setUp()
  denials.note(denial())
  denials.note(denial({ network: '192.0.2.2' }))
  denials.note(denial({ route: '/api/roles' }))
  denials.note(denial({ reason: 'api_key.beyond_permissions' }))
  denials.note(denial({ bearer }))
  denials.note(denial({ bearer, network: '192.0.2.3' }))
  await denials.stop()
  expect((await counts()).toSorted()).toEqual([1, 1, 1, 1, 2])
})

test('a flood from ever other addresses is a bounded number of events, and hides nobody who is known', async () => {
  const { denials, events } = await setUp({ capacity: 20 })
  for (let n = 0; n < 5000; n++) denials.note(denial({ network: `10.0.${n >> 8}.${n & 255}` }))
  denials.note(denial({ bearer }))
  await denials.stop()
  const all = await events()
  expect(all.length).toBeLessThanOrEqual(20 + 1 + 1 + 1)
  const counted = all.reduce((sum, { payload }) => sum + payload.data.count, 0)
  expect(counted).toBe(5001)
  expect(all.filter(({ tenant_id }) => tenant_id === bearer.tenantId)).toHaveLength(1)
})

test('what happens while the database is away is told when it is back', async () => {
  const { db, counts } = await setUp()
  let isAway = true
  const outbox = toOutbox(db)
  const write: typeof outbox = (emissions) => (isAway ? Promise.reject(new Error('away')) : outbox(emissions))
  const denials = recordDenials({ service: 'auth', write, log: given.silent, windowMs: 60_000 })
  onTestFinished(denials.stop)
  for (let n = 0; n < 7; n++) denials.note(denial())
  await denials.stop()
  expect(await counts()).toEqual([])
  isAway = false
  await denials.stop()
  expect(await counts()).toEqual([7])
})
