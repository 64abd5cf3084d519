import { inPlatform, inTenant } from '@gatehouse/db/tenant'
import { parseVerifierKey } from '@gatehouse/ledger/signed-note'
import { verifyExport } from '@gatehouse/verify/verify-export'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { received } from './harness.ts'
import { signingHarness } from './ledger/harness.ts'
import { signTrees } from './ledger/sign-trees.ts'
import { dropPastEntries } from './retention/drop-past-entries.ts'
import { setDefaultRetention } from './retention/set-retention.ts'

const { app, as, db, log, record, get, replica, asSuperuser } = await signingHarness()

const dayMs = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString()
const tenant = { name: 'Engines', type: 'customer', country: null }

/** A tenant with an entry of each of these ages, in this order, all recorded long ago. */
async function tenantWith(...ages: number[]) {
  const tenantId = uuidv7()
  await record(...ages.map((days) => received('tenant.created', tenantId, tenant, { time: daysAgo(days) })))
  await recordedLongAgo(tenantId)
  return tenantId
}

const recordedLongAgo = (tenantId: string) =>
  asSuperuser(
    `set session_replication_role = replica`,
    `update entries set recorded_at = now() - interval '16 days' where tenant_id = '${tenantId}'`,
  )

const set = async (tenantId: string, days: number | null, permissions = ['tenants:write' as const]) =>
  app.inject({
    method: 'PATCH',
    url: '/api/audit-logs/retention',
    headers: await as({ tenantId, permissions }),
    payload: { days },
  })

/** As if what was set had been set days before. */
const timePasses = (tenantId: string, days: number) =>
  asSuperuser(
    `set session_replication_role = replica`,
    `update retentions set set_at = set_at - interval '${days} days' where tenant_id = '${tenantId}'`,
  )

const kept = async (tenantId: string) => {
  const rows = await asSuperuser(`select leaf_index::int as leaf from entries where tenant_id = '${tenantId}'
    and action = 'tenant.created' order by 1`)
  return rows.map(({ leaf }) => leaf)
}

test('entries past what their tenant has set are dropped, of no other tenant, and all that is left verifies with all that was', async () => {
  const tenantId = await tenantWith(200, 120, 10, 130, 99)
  const other = await tenantWith(200, 120)
  await signTrees(replica())
  const before = { name: 'before', note: (await get(tenantId, '/checkpoint')).body }
  expect((await set(tenantId, 100)).json()).toEqual({
    days: 100,
    inForceDays: null,
    leastDays: 90,
    mostDays: 3650,
  })
  await timePasses(tenantId, 8)
  expect((await get(tenantId, '/retention')).json()).toMatchObject({ days: 100, inForceDays: 100 })

  expect(await dropPastEntries(log)).toBe(3)
  expect(await dropPastEntries(log)).toBe(0)
  expect(await kept(tenantId)).toEqual([2, 4])
  expect(await kept(other)).toEqual([0, 1])
  await signTrees(replica())
  const keys = (await app.inject({ url: '/api/audit-logs/keys' })).body.trimEnd().split('\n')
  const { body } = await get(tenantId, '/export')
  const report = await verifyExport(body.trimEnd().split('\n'), {
    keys: keys.map(parseVerifierKey),
    checkpoints: [before],
  })
  expect(report).toMatchObject({
    verdict: 'good',
    entries: 7,
    pastRetention: 3,
    dropping: { index: 6, entries: 3, retainedFrom: 4, days: 100 },
  })
  const { data } = (await get(tenantId, '?action=audit_log.retention_set')).json()
  expect(data).toMatchObject([{ actorType: 'user', metadata: { fromDays: null, toDays: 100 } }])
  const dropped = (await get(tenantId, '?action=audit_log.entries_dropped')).json().data
  expect(dropped).toMatchObject([
    { actorType: 'service', actorId: 'audit', metadata: { entries: 3, retainedFrom: 4, days: 100 } },
  ])
})

test('a shorter retention destroys nothing within a week after it was set, a longer one holds at once', async () => {
  const tenantId = await tenantWith(200)
  await set(tenantId, 300)
  await timePasses(tenantId, 400)
  await set(tenantId, 100)
  await timePasses(tenantId, 6)
  await dropPastEntries(log)
  expect(await kept(tenantId)).toEqual([0])
  await timePasses(tenantId, 2)
  await set(tenantId, 250)
  await dropPastEntries(log)
  expect(await kept(tenantId)).toEqual([0])
})

test('what tenants say nothing about goes as the installation has it; with nothing said at all it is kept for good', async () => {
  const [silent, own] = [await tenantWith(500, 300), await tenantWith(500, 300)]
  await dropPastEntries(log)
  expect(await kept(silent)).toEqual([0, 1])
  await set(own, 1000)
  await timePasses(own, 9)
  await setDefaultRetention(db, 400)
  await setDefaultRetention(db, 400)
  const defaults = await asSuperuser(`select days from retentions where tenant_id is null`)
  expect(defaults).toEqual([{ days: 400 }])
  await asSuperuser(
    `set session_replication_role = replica`,
    `update retentions set set_at = set_at - interval '8 days' where tenant_id is null`,
  )
  await dropPastEntries(log)
  expect(await kept(silent)).toEqual([1])
  expect(await kept(own)).toEqual([0, 1])
  await setDefaultRetention(db, null)
})

test('what was recorded within 15 days is never dropped, however old it is: a reconciler would send it again', async () => {
  const tenantId = uuidv7()
  await record(received('tenant.created', tenantId, tenant, { time: daysAgo(200) }))
  await set(tenantId, 90)
  await timePasses(tenantId, 8)
  await dropPastEntries(log)
  expect(await kept(tenantId)).toEqual([0])
})

test('D1: the application can neither delete by itself nor antedate what was set, and nobody deletes what is not past it', async () => {
  const tenantId = await tenantWith(60, 40, 5)
  const attempts = [
    `delete from entries where tenant_id = '${tenantId}'`,
    `insert into retentions (tenant_id, days, set_at) values ('${tenantId}', 1, '2020-01-01')`,
    `update retentions set days = 1`,
  ]
  for (const attempt of attempts)
    await expect(inPlatform(db, (tx) => tx.execute(sql.raw(attempt)))).rejects.toThrow('permission denied')
  await expect(
    inTenant(db, uuidv7(), (tx) =>
      tx.execute(sql`insert into retentions (tenant_id, days) values (null, 1)`),
    ),
  ).rejects.toThrow('row-level security')
  // Whoever has the application's role sets one day: after a week it is thirty that hold.
  await inPlatform(db, (tx) =>
    tx.execute(sql`insert into retentions (tenant_id, days) values (${tenantId}::uuid, 1)`),
  )
  await expect(asSuperuser(`delete from entries where tenant_id = '${tenantId}'`)).rejects.toThrow(
    'append-only',
  )
  await timePasses(tenantId, 8)
  await expect(asSuperuser(`delete from entries where tenant_id = '${tenantId}'`)).rejects.toThrow(
    'append-only',
  )
  await dropPastEntries(log)
  expect(await kept(tenantId)).toEqual([2])
})

test('a month that lies before all that is kept goes when it is empty, and not before', async () => {
  const month = (year: number) => [
    `create table entries_by_month.entries_${year}_01 (like entries including defaults including constraints)`,
    `alter table entries_by_month.entries_${year}_01 owner to audit_owner`,
    `alter table entries attach partition entries_by_month.entries_${year}_01 for values from ('${year}-01-01') to ('${year}-02-01')`,
  ]
  await asSuperuser(
    ...month(2019),
    ...month(2020),
    `insert into entries (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action, resource)
      values (gen_random_uuid(), gen_random_uuid(), 0, '2020-01-07', 'auth', 'user', 'x', 'a.b', 'a')`,
  )
  await dropPastEntries(log)
  const left = await asSuperuser(`select tablename from pg_tables where tablename ~ '^entries_20(19|20)_01$'`)
  expect(left).toEqual([{ tablename: 'entries_2020_01' }])
})

test('a tenant sets it for itself, within what the installation allows; the platform for any', async () => {
  const [tenantId, other] = [uuidv7(), uuidv7()]
  for (const days of [89, 3651]) {
    const answer = await set(tenantId, days)
    expect(answer.json()).toMatchObject({ status: 400, code: 'audit_log.retention_out_of_bounds' })
  }
  const elsewhere = async (permissions: ('tenants:write' | 'platform:write')[]) =>
    app.inject({
      method: 'PATCH',
      url: `/api/audit-logs/retention?tenantId=${other}`,
      headers: await as({ tenantId, permissions }),
      payload: { days: 365 },
    })
  expect((await elsewhere(['tenants:write'])).statusCode).toBe(404)
  expect((await elsewhere(['tenants:write', 'platform:write'])).json()).toMatchObject({ days: 365 })
  expect((await get(other, '/retention')).json()).toMatchObject({ days: 365, inForceDays: null })
  expect((await set(other, null)).json()).toMatchObject({ days: null })
})
