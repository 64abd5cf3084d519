import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import type { Stretch } from '../follow.ts'
import { entries, gaps, trees } from '../tables.ts'

/** A change that is not in the log. */
export interface Gap {
  readonly service: string
  readonly resource: string
  readonly resourceId: string
  readonly version: number
}

const columns = sql`service, resource, resource_id as "resourceId", version`

/**
 * Notes what stands in a stretch without the change before it. Where nothing at all is known of what was before, because
 * nobody counted then or because it is past its retention, there is no gap.
 * @returns those that were not noted yet
 */
export async function note(tx: Tx, { tenantId, from, to }: Stretch): Promise<Gap[]> {
  const rows = await tx.execute<Gap & Record<string, unknown>>(sql`
    insert into ${gaps} (service, resource, resource_id, version, tenant_id)
    select distinct s.service, s.resource, s.resource_id, s.version - 1, ${tenantId}::uuid from (
      select service, resource, resource_id, aggregate_version as version,
        lag(aggregate_version) over (
          partition by service, resource, resource_id order by aggregate_version) as before
      from ${entries}
      where tenant_id = ${tenantId}::uuid and leaf_index >= ${from}::bigint and leaf_index < ${to}::bigint
        and aggregate_version is not null and resource_id is not null) s
    left join lateral (
      select true as is_there from ${entries} e
      where e.resource_id = s.resource_id and e.service = s.service and e.resource = s.resource
        and (e.aggregate_version = s.version - 1 or e.aggregate_version is null) limit 1) predecessor on true
    where s.version > 1 and (s.before is null or s.before < s.version - 1) and predecessor.is_there is null
      and (
        exists (select from ${trees} where tenant_id = ${tenantId}::uuid and retained_from = 0)
        or exists (select from ${entries} e
          where e.resource_id = s.resource_id and e.service = s.service and e.resource = s.resource
            and e.aggregate_version < s.version - 1))
    on conflict do nothing returning ${columns}`)
  return [...rows]
}

/** Lets go of gaps whose change is in the log by now, the oldest first. @returns which */
export async function fill(tx: Tx, limit: number): Promise<Gap[]> {
  const rows = await tx.execute<Gap & Record<string, unknown>>(sql`
    delete from ${gaps} where (service, resource, resource_id, version) in (
      select g.service, g.resource, g.resource_id, g.version
      from (select * from ${gaps} order by noticed_at limit ${limit}) g
      cross join lateral (
        select from ${entries} e
        where e.resource_id = g.resource_id and e.service = g.service and e.resource = g.resource
          and e.aggregate_version = g.version limit 1) there)
    returning ${columns}`)
  return [...rows]
}

/** The oldest. */
export async function oldest(tx: Tx, limit: number): Promise<Gap[]> {
  const rows = await tx.execute<Gap & Record<string, unknown>>(
    sql`select ${columns} from ${gaps} order by noticed_at limit ${limit}`,
  )
  return [...rows]
}

/** How many there are, counted so far. */
export async function count(tx: Tx, limit: number): Promise<number> {
  const [row] = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from (select from ${gaps} order by noticed_at limit ${limit}) some_of_them`,
  )
  return row?.n ?? 0
}
