import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, count, eq, gt, isNotNull, lte, sql } from 'drizzle-orm'
import { memberships, tenantSettings, tenants, users } from '../tables.ts'

export type Tenant = typeof tenants.$inferSelect

interface Filter {
  /** Only this one; undefined: all. */
  readonly id: string | undefined
  readonly type: Tenant['type'] | undefined
}

interface Part {
  readonly limit: number
  readonly after: string | undefined
  readonly offset: number
}

const among = ({ id, type }: Filter) =>
  and(
    id === undefined ? undefined : eq(tenants.id, id),
    type === undefined ? undefined : eq(tenants.type, type),
  )

/** In the order of their ids, which is that in which they were made. */
export function page(tx: Tx, filter: Filter, { limit, after, offset }: Part): Promise<Tenant[]> {
  return tx
    .select()
    .from(tenants)
    .where(and(among(filter), after === undefined ? undefined : gt(tenants.id, after)))
    .orderBy(asc(tenants.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, filter: Filter) {
  const [row] = await tx.select({ total: count() }).from(tenants).where(among(filter))
  return row?.total ?? 0
}

export async function byId(tx: Tx, id: string): Promise<Tenant | undefined> {
  const [row] = await tx.select().from(tenants).where(eq(tenants.id, id))
  return row
}

export async function lock(tx: Tx, id: string): Promise<Tenant | undefined> {
  const [row] = await tx.select().from(tenants).where(eq(tenants.id, id)).for('no key update')
  return row
}

/** Undefined where another tenant goes by the slug. */
export async function insert(tx: Tx, tenant: typeof tenants.$inferInsert): Promise<Tenant | undefined> {
  const [row] = await tx.insert(tenants).values(tenant).onConflictDoNothing().returning()
  return row
}

export async function isSlugFree(tx: Tx, slug: string) {
  const rows = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.slug, slug))
  return rows.length === 0
}

type Changes = {
  readonly [F in 'name' | 'slug' | 'type' | 'country' | 'config' | 'status' | 'deletedAt']?:
    | Tenant[F]
    | undefined
}

export async function update(tx: Tx, id: string, changes: Changes): Promise<Tenant> {
  const [row] = await tx
    .update(tenants)
    .set({ ...changes, version: sql`${tenants.version} + 1`, updatedAt: sql`now()` })
    .where(eq(tenants.id, id))
    .returning()
  if (!row) throw new Error(`tenant ${id} was not there to be changed`)
  return row
}

/** How many people a tenant has, by their status. */
export async function countUsers(tx: Tx, id: string) {
  return tx
    .select({ status: users.status, people: count() })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.tenantId, id))
    .groupBy(users.status)
}

/** What a tenant has set for itself, and how often it has done so. */
export async function settingsOf(tx: Tx, id: string) {
  const [row] = await tx
    .select({ settings: tenantSettings.settings, version: tenantSettings.version })
    .from(tenantSettings)
    .where(eq(tenantSettings.tenantId, id))
  return row ?? { settings: {}, version: 0 }
}

export async function saveSettings(tx: Tx, id: string, settings: UpdateTenantSettings) {
  const [row] = await tx
    .insert(tenantSettings)
    .values({ tenantId: id, settings })
    .onConflictDoUpdate({
      target: tenantSettings.tenantId,
      set: { settings, version: sql`${tenantSettings.version} + 1`, updatedAt: sql`now()` },
    })
    .returning({ version: tenantSettings.version })
  return row?.version ?? 1
}

/** Tenants that were deleted so long ago, for this process alone until its transaction ends. */
export function claimDeleted(tx: Tx, before: Date, limit: number): Promise<Tenant[]> {
  return tx
    .select()
    .from(tenants)
    .where(and(isNotNull(tenants.deletedAt), lte(tenants.deletedAt, before)))
    .orderBy(asc(tenants.deletedAt))
    .limit(limit)
    .for('update', { skipLocked: true })
}

/** Deletes a tenant with its settings, roles and memberships. @returns how many members it had */
export async function purge(tx: Tx, id: string) {
  const members = await tx
    .delete(memberships)
    .where(eq(memberships.tenantId, id))
    .returning({ userId: memberships.userId })
  await tx.delete(tenantSettings).where(eq(tenantSettings.tenantId, id))
  await tx.execute(sql`delete from roles where tenant_id = ${id}`)
  await tx.delete(tenants).where(eq(tenants.id, id))
  return members.length
}
