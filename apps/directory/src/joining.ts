import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import type { Tx } from '@gatehouse/db/tenant'
import { count, eq } from 'drizzle-orm'
import { tenantFull } from './errors.ts'
import { memberships, roleAssignments, tenantSettings } from './tables.ts'

/**
 * Makes a person a member of a tenant with one role, while nobody else joins or leaves it (`lockMembers`).
 * @returns false for who is a member already
 * @throws tenantFull
 */
export async function join(
  tx: Tx,
  { tenantId, userId, roleId }: { tenantId: string; userId: string; roleId: string },
): Promise<boolean> {
  const maxUsers = await limitOf(tx, tenantId)
  if (maxUsers !== null && (await membersOf(tx, tenantId)) >= maxUsers) throw tenantFull(maxUsers)
  const rows = await tx
    .insert(memberships)
    .values({ tenantId, userId })
    .onConflictDoNothing()
    .returning({ userId: memberships.userId })
  if (rows.length === 0) return false
  await tx.insert(roleAssignments).values({ tenantId, userId, roleId })
  return true
}

async function limitOf(tx: Tx, tenantId: string): Promise<number | null> {
  const [row] = await tx
    .select({ settings: tenantSettings.settings })
    .from(tenantSettings)
    .where(eq(tenantSettings.tenantId, tenantId))
  const settings: UpdateTenantSettings = row?.settings ?? {}
  return settings.maxUsers ?? null
}

async function membersOf(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select({ people: count() })
    .from(memberships)
    .where(eq(memberships.tenantId, tenantId))
  return row?.people ?? 0
}
