import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect } from 'vitest'

const count = async (tx: Tx, table: string, tenantId: string | null = null) => {
  const [row] = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from ${sql.identifier(table)} where tenant_id is distinct from ${tenantId}::uuid`,
  )
  return row?.n
}

/**
 * Proves of every table with a `tenant_id` that row-level security confines it: a query that forgets its `where` finds
 * nothing of another tenant. Each such table needs rows before.
 * @param tables those that the service is known to have, so that a new one is noticed
 * @param sharedTables those of which every tenant may read the platform's own rows
 */
export async function sweepTenancy(
  db: Database,
  tables: readonly string[],
  { sharedTables = [] }: { sharedTables?: readonly string[] } = {},
) {
  const confined = await readInPlatform(db, (tx) =>
    tx.execute<{ name: string; enabled: boolean; forced: boolean; owned: boolean }>(sql`
      select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
        pg_has_role(current_user, c.relowner, 'member') as owned
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
      order by c.relname`),
  )
  expect(confined.map(({ name }) => name)).toEqual([...tables].sort())

  const [role] = await readInPlatform(db, (tx) =>
    tx.execute(sql`select rolsuper or rolbypassrls as unbound from pg_roles where rolname = current_user`),
  )
  expect(role).toEqual({ unbound: false })

  for (const { name, ...security } of confined) {
    expect({ name, ...security }).toEqual({ name, enabled: true, forced: true, owned: false })
    expect(await readInPlatform(db, (tx) => count(tx, name)), `rows in ${name}`).toBeGreaterThan(0)
    const allowed = sharedTables.includes(name) ? platformTenantId : null
    const seen = await readInTenant(db, crypto.randomUUID(), (tx) => count(tx, name, allowed))
    expect(seen, `rows in ${name} seen from elsewhere`).toBe(0)
  }
}
