import { personalDataOf } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { tenantSettings, tenants, users } from '../tables.ts'

/** Invites to the address of somebody are theirs, before they accept them too. */
export const personalData = personalDataOf(dataMap, {
  invites: (id) => sql`t.email = (select u.email from ${users} u where u.id = ${id})`,
})

/** How a tenant signs its mail; nothing if it is gone. */
export async function senderOf(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select({ name: tenants.name, settings: tenantSettings.settings })
    .from(tenants)
    .leftJoin(tenantSettings, eq(tenantSettings.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
  return row
}
