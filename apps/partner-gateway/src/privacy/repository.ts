import { createErase } from '@gatehouse/db/erasures'
import { personalDataOf } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import { createFindWhoIsBack } from '@gatehouse/db/who-is-back'
import { eq } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { oauthClients } from '../tables.ts'

export const personalData = personalDataOf(dataMap)

/** Erases what is of a person, once: their clients stay the tenant's, and forget who made them. */
export const erase = createErase(dataMap)

export const whoIsBack = createFindWhoIsBack(dataMap)

/** Deletes the clients of a tenant, with their secrets and whatever is counted of them. @returns their ids */
export async function deleteClientsOf(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = await tx
    .delete(oauthClients)
    .where(eq(oauthClients.tenantId, tenantId))
    .returning({ id: oauthClients.id })
  return rows.map(({ id }) => id)
}
