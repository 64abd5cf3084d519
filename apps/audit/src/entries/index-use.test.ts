import { readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import * as entries from './repository.ts'

const { db, asSuperuser } = await harness()
const tenantId = '00000000-0000-7000-8000-00000000000a'
const months = [0, 1, 2].map((n) => `(date_trunc('month', now()) - interval '${n} months')`)

// 60,000 entries over three months and six tenants; one in a thousand is rare in every way.
await asSuperuser(
  ...months.map((month) => `select make_entries_partition(${month}::date)`),
  ...months.map(
    (month, m) => `
    insert into entries (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action, resource,
      resource_id, correlation_id)
    select gen_random_uuid(), ('00000000-0000-7000-8000-00000000000' || substr('abcdef', 1 + n % 6, 1))::uuid, n,
      ${month} + n * interval '1 minute', 'directory', 'user', kind || (n % 50), kind || '.changed', kind,
      kind || (n % 500), kind || '-correlation-' || n
    from generate_series(${m * 20_000}, ${m * 20_000 + 19_999}) n,
      lateral (select case when n % 1002 = 0 then 'rare' else 'usual' end as kind) k`,
  ),
  `insert into actions select distinct tenant_id, action, resource from entries`,
  'analyze entries',
)

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Node[]
}

/** How many entries PostgreSQL looks at to find a page. */
async function lookedAt(filter: entries.Filter) {
  const explain = async (tx: Tx) => {
    const query = entries.page(tx, filter, { limit: 51, offset: 0, after: undefined })
    const [row] = await tx.execute<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      sql`explain (analyze, timing off, format json) ${query.getSQL()}`,
    )
    return row?.['QUERY PLAN'][0].Plan
  }
  const plan = await (filter.tenantId === undefined
    ? readInPlatform(db, explain)
    : readInTenant(db, filter.tenantId, explain))
  return plan ? rowsOf(plan) : Number.NaN
}

const rowsOf = (node: Node): number => {
  const own = node['Relation Name']?.startsWith('entries')
    ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    : 0
  return own + (node.Plans ?? []).reduce((sum, child) => sum + rowsOf(child), 0)
}

const from = new Date(Date.now() - 70 * 86_400_000).toISOString()

test.each<[string, entries.Filter]>([
  ['nothing but the tenant', { tenantId }],
  ['a rare actor', { tenantId, actorId: 'rare0' }],
  ['a usual actor', { tenantId, actorId: 'usual1' }],
  ['a rare resource', { tenantId, resourceId: 'rare0' }],
  ['a rare action', { tenantId, action: 'rare.changed' }],
  ['an action that never was', { tenantId, action: 'never.changed' }],
  ['a rare kind of resource', { tenantId, resource: 'rare' }],
  ['a rare kind of resource and an actor', { tenantId, resource: 'rare', actorId: 'rare0' }],
  ['a part of a rare word', { tenantId, search: 'RAR' }],
  ['a part of a usual word', { tenantId, search: 'usu' }],
  ['a part of no word', { tenantId, search: 'nothing' }],
  ['a correlation id', { tenantId, correlationId: 'usual-correlation-6' }],
  ['a stretch of time', { tenantId, from, to: new Date().toISOString() }],
  ['all together', { tenantId, actorId: 'rare0', action: 'rare.changed', search: 'a', from }],
  ['nothing at all, over all tenants', {}],
  ['a correlation id, over all tenants', { correlationId: 'usual-correlation-7' }],
  ['a rare actor, over all tenants', { actorId: 'rare0' }],
  ['a rare action, over all tenants', { action: 'rare.changed' }],
  ['an action that never was, over all tenants', { action: 'never.changed' }],
  ['a rare kind of resource, over all tenants', { resource: 'rare' }],
  ['a part of a rare word, over all tenants', { search: 'RAR' }],
  ['a part of no word, over all tenants', { search: 'nothing' }],
  ['a stretch of time, over all tenants', { from, to: new Date().toISOString() }],
  ['a rare action of an actor, over all tenants', { action: 'rare.changed', actorId: 'rare0' }],
])('X4: of 60,000 entries a page narrowed by %s looks at a few hundred', async (_, filter) => {
  expect(await lookedAt(filter)).toBeLessThan(1_000)
})
