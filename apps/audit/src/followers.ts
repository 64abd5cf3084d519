import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { entries, followers, trees } from './tables.ts'

/** Those tenants, after one of them, whose ledgers have more than a follower has read. */
export async function tenantsWithNews(tx: Tx, name: string, after: string, limit: number) {
  const rows = await tx.execute<{ tenantId: string }>(sql`
    select tenant_id as "tenantId" from ${trees} as tree
    where tenant_id > ${after}::uuid and size > coalesce(
      (select position from ${followers} where name = ${name} and tenant_id = tree.tenant_id), 0)
    order by tenant_id limit ${limit}`)
  return rows.map(({ tenantId }) => tenantId)
}

/** From which leaf on to read, for this transaction alone; undefined while another one reads there. */
export async function claim(tx: Tx, name: string, tenantId: string) {
  const [, rows] = await Promise.all([
    tx.execute(sql`
      insert into ${followers} (name, tenant_id) values (${name}, ${tenantId}::uuid) on conflict do nothing`),
    tx.execute<{ position: number }>(sql`
      select position::float8 from ${followers} where name = ${name} and tenant_id = ${tenantId}::uuid
      for update skip locked`),
  ])
  return rows[0]?.position
}

interface Reach {
  readonly from: number
  readonly atMost: number
  readonly settledSeconds: number
}

/** Before which leaf to stop: so many on at most, and before whatever was recorded less than so many seconds ago. */
export async function reach(tx: Tx, tenantId: string, { from, atMost, settledSeconds }: Reach) {
  const [row] = await tx.execute<{ to: number }>(sql`
    select least(size, ${from}::bigint + ${atMost}::bigint, (
      select leaf_index from ${entries}
      where tenant_id = tree.tenant_id and leaf_index >= ${from}::bigint and leaf_index < ${from}::bigint + ${atMost}::bigint
        and recorded_at > now() - make_interval(secs => ${settledSeconds})
      order by leaf_index limit 1))::float8 as to
    from ${trees} as tree where tenant_id = ${tenantId}::uuid`)
  return row?.to ?? from
}

export async function moveOn(tx: Tx, name: string, tenantId: string, position: number) {
  await tx.execute(sql`
    update ${followers} set position = ${position}::bigint where name = ${name} and tenant_id = ${tenantId}::uuid`)
}
