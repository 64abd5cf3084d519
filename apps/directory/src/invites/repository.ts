import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { invites, memberships, roleAssignments, roles, tenantSettings, tenants, users } from '../tables.ts'

interface Part {
  readonly limit: number
  readonly after: string | undefined
  readonly offset: number
}

const columns = {
  invite: invites,
  role: { id: roles.id, name: roles.name, permissions: roles.permissions, isActive: roles.isActive },
  tenant: { name: tenants.name, status: tenants.status },
  settings: tenantSettings.settings,
}

const all = (tx: Tx) =>
  tx
    .select(columns)
    .from(invites)
    .innerJoin(roles, eq(roles.id, invites.roleId))
    .innerJoin(tenants, eq(tenants.id, invites.tenantId))
    .leftJoin(tenantSettings, eq(tenantSettings.tenantId, invites.tenantId))

export type Found = Awaited<ReturnType<typeof all>>[number]

/** Newest first. */
export const page = (tx: Tx, tenantId: string, { limit, after, offset }: Part) =>
  all(tx)
    .where(and(eq(invites.tenantId, tenantId), after === undefined ? undefined : lt(invites.id, after)))
    .orderBy(desc(invites.id))
    .limit(limit)
    .offset(offset)

export async function total(tx: Tx, tenantId: string) {
  const [row] = await tx.select({ total: count() }).from(invites).where(eq(invites.tenantId, tenantId))
  return row?.total ?? 0
}

export async function byId(tx: Tx, tenantId: string, id: string): Promise<Found | undefined> {
  const [row] = await all(tx).where(and(eq(invites.tenantId, tenantId), eq(invites.id, id)))
  return row
}

export async function byDigest(tx: Tx, digest: Buffer): Promise<Found | undefined> {
  const [row] = await all(tx).where(eq(invites.digest, digest))
  return row
}

export async function roleNamed(tx: Tx, tenantId: string, name: string) {
  const [row] = await tx
    .select(columns.role)
    .from(roles)
    .where(and(eq(roles.name, name), or(eq(roles.tenantId, tenantId), eq(roles.tenantId, platformTenantId))))
  return row
}

/** Whom mail about a tenant is from: its name, and what it has set. */
export async function tenantOf(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select({ ...columns.tenant, settings: tenantSettings.settings })
    .from(tenants)
    .leftJoin(tenantSettings, eq(tenantSettings.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
  return row
}

export async function isMember(tx: Tx, tenantId: string, email: string) {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .innerJoin(memberships, eq(memberships.userId, users.id))
    .where(and(eq(users.email, email), eq(memberships.tenantId, tenantId)))
  return rows.length === 1
}

/** Undefined where somebody with this address is invited already and the invite has not expired. */
export async function insert(tx: Tx, invite: typeof invites.$inferInsert) {
  await tx
    .update(invites)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(invites.tenantId, invite.tenantId),
        eq(invites.email, invite.email),
        isOpen,
        lte(invites.expiresAt, sql`now()`),
      ),
    )
  const [row] = await tx.insert(invites).values(invite).onConflictDoNothing().returning({ id: invites.id })
  return row?.id
}

const isOpen = and(isNull(invites.acceptedAt), isNull(invites.revokedAt))

type Change = Partial<
  Pick<typeof invites.$inferInsert, 'digest' | 'expiresAt' | 'revokedAt' | 'acceptedAt' | 'acceptedBy'>
>

/** Changes an invite that is still open: of any number at once, one does. @returns its new version */
export async function updateOpen(tx: Tx, id: string, change: Change) {
  const [row] = await tx
    .update(invites)
    .set({ ...change, version: sql`${invites.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(invites.id, id), isOpen))
    .returning({ version: invites.version })
  return row?.version
}

/** What somebody may do in a tenant now, or as an administrator of the platform in any. Nothing for who is suspended. */
export async function permissionsNow(tx: Tx, tenantId: string, userId: string): Promise<Set<string>> {
  const rows = await tx
    .select({ permissions: roles.permissions })
    .from(roleAssignments)
    .innerJoin(roles, and(eq(roles.id, roleAssignments.roleId), eq(roles.isActive, true)))
    .innerJoin(
      memberships,
      and(
        eq(memberships.tenantId, roleAssignments.tenantId),
        eq(memberships.userId, roleAssignments.userId),
        eq(memberships.status, 'active'),
      ),
    )
    .innerJoin(users, and(eq(users.id, roleAssignments.userId), eq(users.status, 'active')))
    .where(
      and(
        eq(roleAssignments.userId, userId),
        or(eq(roleAssignments.tenantId, tenantId), eq(roleAssignments.tenantId, platformTenantId)),
      ),
    )
  return new Set(rows.flatMap(({ permissions }) => permissions))
}

export async function emailOf(tx: Tx, userId: string) {
  const [row] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId))
  return row?.email
}
