import type { Tx } from '@gatehouse/db/tenant'
import { desc, eq, isNull, sql } from 'drizzle-orm'
import { entries, retentions, trees } from '../tables.ts'

/** What was set last: by a tenant, or for all of them. */
export async function newest(tx: Tx, tenantId: string | null) {
  const [row] = await tx
    .select({ days: retentions.days })
    .from(retentions)
    .where(tenantId === null ? isNull(retentions.tenantId) : eq(retentions.tenantId, tenantId))
    .orderBy(desc(retentions.setAt), desc(retentions.id))
    .limit(1)
  return row?.days ?? null
}

/** After how many days a tenant's entries may be dropped by now; null: never. */
export async function inForce(tx: Tx, tenantId: string) {
  const [row] = await tx.execute<{ days: number | null }>(
    sql`select retention_days(${tenantId}::uuid) as days`,
  )
  return row?.days ?? null
}

export async function insert(tx: Tx, tenantId: string | null, days: number | null) {
  await tx.execute(sql`insert into ${retentions} (tenant_id, days) values (${tenantId}::uuid, ${days})`)
}

/** Those tenants, after one of them, that have entries past their retention. */
export async function tenantsPast(tx: Tx, after: string, limit: number) {
  const rows = await tx.execute<{ tenantId: string }>(sql`
    select tenant_id as "tenantId" from ${trees} as tree
    where tenant_id > ${after}::uuid and exists (
      select from ${entries} where tenant_id = tree.tenant_id
        and occurred_at < date_trunc('day', now() - make_interval(days => retention_days(tree.tenant_id)), 'UTC')
        and recorded_at < now() - interval '15 days')
    order by tenant_id limit ${limit}`)
  return rows.map(({ tenantId }) => tenantId)
}

/** Drops entries of a tenant that are past its retention, so many at most. @returns how many it were, and from where on none was ever */
export async function dropPast(tx: Tx, tenantId: string, limit: number) {
  const [row] = await tx.execute<{ dropped: number; retainedFrom: number; days: number }>(sql`
    select dropped, retained_from::float8 as "retainedFrom", days
    from drop_past_retention(${tenantId}::uuid, ${limit})`)
  return row?.dropped ? row : undefined
}

/** Drops the months that are over and empty. @returns which */
export async function dropEmptyMonths(tx: Tx) {
  const rows = await tx.execute<{ month: string }>(sql`select drop_empty_months() as month`)
  return rows.map(({ month }) => month)
}
