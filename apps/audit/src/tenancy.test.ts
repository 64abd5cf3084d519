import { inPlatform, inTenant } from '@gatehouse/db/tenant'
import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness, received } from './harness.ts'
import { checkpoints } from './tables.ts'

const tenant = { name: 'Analytical Engines', type: 'customer', country: null }

test('no query reaches past its tenant, even without a where', async () => {
  const { db, record } = await harness()
  const tenantId = crypto.randomUUID()
  await record(received('tenant.created', tenantId, tenant))
  await inTenant(db, tenantId, (tx) =>
    tx.insert(checkpoints).values({ tenantId, size: 1, root: Buffer.alloc(32), note: '' }),
  )
  await inTenant(db, tenantId, (tx) =>
    tx.execute(sql`insert into retentions (tenant_id) values (${tenantId})`),
  )
  await inPlatform(db, (tx) =>
    tx.execute(sql`
      with followed as (insert into followers (name, tenant_id) values ('gaps', ${tenantId}))
      insert into gaps (service, resource, resource_id, version, tenant_id)
      values ('directory', 'tenant', ${tenantId}, 1, ${tenantId}::uuid)`),
  )
  await sweepTenancy(db, [
    'actions',
    'checkpoints',
    'entries',
    'followers',
    'gaps',
    'retentions',
    'tiles',
    'trees',
  ])
})

const attempts = ['entries', 'tiles', 'checkpoints', 'retentions'].flatMap((table) => [
  `update ${table} set tenant_id = tenant_id`,
  `delete from ${table}`,
  `truncate ${table}`,
])

test('D1: what is recorded cannot be changed or deleted by the application, nor by whoever was granted it by mistake', async () => {
  const { db, record, asSuperuser } = await harness()
  const tenantId = crypto.randomUUID()
  await record(received('tenant.created', tenantId, tenant))
  await asSuperuser(
    `insert into checkpoints (tenant_id, size, root, note) values ('${tenantId}', 1, '', '')`,
    `insert into retentions (tenant_id, days) values ('${tenantId}', 1)`,
  )
  const partitions = await partitionsOf(asSuperuser)
  expect(partitions.length).toBeGreaterThan(0)
  const onPartitions = partitions.flatMap((name) => [`delete from ${name}`, `truncate ${name}`])
  for (const attempt of [...attempts, ...onPartitions])
    await expect(inPlatform(db, (tx) => tx.execute(sql.raw(attempt)))).rejects.toThrow('permission denied')

  for (const attempt of [...attempts, ...onPartitions])
    await expect(asSuperuser(attempt)).rejects.toThrow('append-only')
})

test('the application reaches no partition but through the log and its policy', async () => {
  const { db, asSuperuser } = await harness()
  const [partition] = await partitionsOf(asSuperuser)
  const read = sql.raw(`select * from ${partition}`)
  await expect(inPlatform(db, (tx) => tx.execute(read))).rejects.toThrow('permission denied')
})

const partitionsOf = async (asSuperuser: Awaited<ReturnType<typeof harness>>['asSuperuser']) => {
  const rows = await asSuperuser(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'entries_by_month'`)
  return rows.map(({ name }) => String(name))
}
