import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq } from 'drizzle-orm'
import { memberships, roleAssignments, roles, tenants, users } from './tables.ts'

/** Makes changes of who is in a tenant, and administers it, happen one after the other. */
export async function lockMembers(tx: Tx, tenantId: string): Promise<void> {
  await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update')
}

/** Whether somebody who can sign in has the system's administrator role in the tenant. */
export async function hasAdministrator(tx: Tx, tenantId: string): Promise<boolean> {
  const administrates = tenantId === platformTenantId ? 'platform-admin' : 'tenant-admin'
  const rows = await tx
    .select({ userId: roleAssignments.userId })
    .from(roleAssignments)
    .innerJoin(roles, eq(roles.id, roleAssignments.roleId))
    .innerJoin(users, eq(users.id, roleAssignments.userId))
    .innerJoin(
      memberships,
      and(eq(memberships.tenantId, roleAssignments.tenantId), eq(memberships.userId, roleAssignments.userId)),
    )
    .where(
      and(
        eq(roleAssignments.tenantId, tenantId),
        eq(roles.category, 'system'),
        eq(roles.name, administrates),
        eq(users.status, 'active'),
        eq(memberships.status, 'active'),
      ),
    )
    .limit(1)
  return rows.length === 1
}
