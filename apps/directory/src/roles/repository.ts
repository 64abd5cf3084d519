import { platformTenantId } from '@gatehouse/contracts/principal'
import type { UpdateRole } from '@gatehouse/contracts/roles'
import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, count, eq, gt, inArray, ne, or, sql } from 'drizzle-orm'
import { memberships, roleAssignments, roles, tenants, users } from '../tables.ts'

export type Role = typeof roles.$inferSelect

interface Part {
  readonly limit: number
  readonly after: string | undefined
  readonly offset: number
}

/** The system's roles and the tenant's own. */
const visibleTo = (tenantId: string) => or(eq(roles.tenantId, tenantId), eq(roles.tenantId, platformTenantId))

const isOf = (tenantId: string, userId: string) =>
  and(eq(roleAssignments.tenantId, tenantId), eq(roleAssignments.userId, userId))

/** In the order of their ids: the system's first, then as they were made. */
export function page(tx: Tx, tenantId: string, { limit, after, offset }: Part) {
  return tx
    .select()
    .from(roles)
    .where(and(visibleTo(tenantId), after === undefined ? undefined : gt(roles.id, after)))
    .orderBy(asc(roles.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, tenantId: string) {
  const [row] = await tx.select({ total: count() }).from(roles).where(visibleTo(tenantId))
  return row?.total ?? 0
}

export async function byId(tx: Tx, tenantId: string, id: string): Promise<Role | undefined> {
  const [row] = await tx
    .select()
    .from(roles)
    .where(and(eq(roles.id, id), visibleTo(tenantId)))
  return row
}

/** The same, held against changes until the transaction ends; only the tenant's own can be. */
export async function lockOwn(tx: Tx, tenantId: string, id: string): Promise<Role | undefined> {
  const [row] = await tx
    .select()
    .from(roles)
    .where(and(eq(roles.id, id), eq(roles.tenantId, tenantId)))
    .for('update')
  return row
}

/** The roles of these names; the tenant's own held so that none of them is deleted meanwhile. */
export async function byNames(tx: Tx, tenantId: string, names: readonly string[]): Promise<Role[]> {
  const named = inArray(roles.name, [...names])
  const [system, own] = await Promise.all([
    tx
      .select()
      .from(roles)
      .where(and(eq(roles.tenantId, platformTenantId), named)),
    tx
      .select()
      .from(roles)
      .where(and(eq(roles.tenantId, tenantId), ne(roles.category, 'system'), named))
      .orderBy(asc(roles.id))
      .for('key share'),
  ])
  return [...system, ...own]
}

/** Whether there is such a tenant; it is not done away with until the transaction ends. */
export async function holdTenant(tx: Tx, tenantId: string) {
  const rows = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, tenantId))
    .for('key share')
  return rows.length === 1
}

/** Undefined where the tenant, or the system, has a role of that name already. */
export async function insert(tx: Tx, role: typeof roles.$inferInsert): Promise<Role | undefined> {
  const [system] = await tx
    .select({ id: roles.id })
    .from(roles)
    .where(and(eq(roles.tenantId, platformTenantId), eq(roles.name, role.name)))
  if (system) return undefined
  const [row] = await tx.insert(roles).values(role).onConflictDoNothing().returning()
  return row
}

export async function update(tx: Tx, id: string, changes: UpdateRole) {
  const [row] = await tx
    .update(roles)
    .set({ ...changes, version: sql`${roles.version} + 1`, updatedAt: sql`now()` })
    .where(eq(roles.id, id))
    .returning()
  if (!row) throw new Error(`role ${id} was not there to be changed`)
  return row
}

export async function remove(tx: Tx, id: string) {
  await tx.delete(roles).where(eq(roles.id, id))
}

/** Who has a role in the tenant, so many at most. */
export async function holders(tx: Tx, tenantId: string, roleId: string, limit: number) {
  const rows = await tx
    .select({ userId: roleAssignments.userId })
    .from(roleAssignments)
    .where(and(eq(roleAssignments.roleId, roleId), eq(roleAssignments.tenantId, tenantId)))
    .limit(limit)
  return rows.map(({ userId }) => userId)
}

export async function countHolders(tx: Tx, tenantId: string, roleId: string) {
  const [row] = await tx
    .select({ total: count() })
    .from(roleAssignments)
    .where(and(eq(roleAssignments.roleId, roleId), eq(roleAssignments.tenantId, tenantId)))
  return row?.total ?? 0
}

export async function isMember(tx: Tx, tenantId: string, userId: string) {
  const rows = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.tenantId, tenantId), eq(memberships.userId, userId)))
  return rows.length === 1
}

/** All roles of a person in the tenant, by name; a page of them where `part` says so. */
export function ofUser(tx: Tx, tenantId: string, userId: string, part?: Part) {
  const { limit = 1000, after, offset = 0 } = part ?? {}
  return tx
    .select({ role: roles })
    .from(roleAssignments)
    .innerJoin(roles, eq(roles.id, roleAssignments.roleId))
    .where(and(isOf(tenantId, userId), after === undefined ? undefined : gt(roles.id, after)))
    .orderBy(asc(roles.id))
    .limit(limit)
    .offset(offset)
    .then((rows) => rows.map(({ role }) => role))
}

export async function countOfUser(tx: Tx, tenantId: string, userId: string) {
  const [row] = await tx.select({ total: count() }).from(roleAssignments).where(isOf(tenantId, userId))
  return row?.total ?? 0
}

/** @returns the ids of the roles that they did not have yet */
export async function assign(tx: Tx, tenantId: string, userId: string, roleIds: readonly string[]) {
  const rows = await tx
    .insert(roleAssignments)
    .values(roleIds.map((roleId) => ({ tenantId, userId, roleId })))
    .onConflictDoNothing()
    .returning({ roleId: roleAssignments.roleId })
  return new Set(rows.map(({ roleId }) => roleId))
}

/** @returns the ids of the roles that they had */
export async function unassign(tx: Tx, tenantId: string, userId: string, roleIds: readonly string[]) {
  const rows = await tx
    .delete(roleAssignments)
    .where(and(isOf(tenantId, userId), inArray(roleAssignments.roleId, [...roleIds])))
    .returning({ roleId: roleAssignments.roleId })
  return new Set(rows.map(({ roleId }) => roleId))
}

/** Counts a change of what a person is. @returns their new version */
export async function touchUser(tx: Tx, userId: string) {
  const [row] = await tx
    .update(users)
    .set({ version: sql`${users.version} + 1`, updatedAt: sql`now()` })
    .where(eq(users.id, userId))
    .returning({ version: users.version })
  if (!row) throw new Error(`person ${userId} was not there to be changed`)
  return row.version
}
