import { createErase } from '@gatehouse/db/erasures'
import type { Tx } from '@gatehouse/db/tenant'
import { createFindWhoIsBack } from '@gatehouse/db/who-is-back'
import type { Revocation } from '@gatehouse/events/revocation'
import { and, eq, inArray, isNull } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { apiKeys, oneTimeTokens, sessions } from '../tables.ts'

/** How much of a tenant is deleted in one transaction. */
const batch = 1000

/** Deletes everything that is a person's, as the data map has it, and keeps for the first time how much that was. */
export const erase = createErase(dataMap)

export const whoIsBack = createFindWhoIsBack(dataMap)

/** What access tokens of a person may still be out by, until the transaction ends: their sessions and API keys. */
export async function accessOf(tx: Tx, userId: string): Promise<Revocation[]> {
  const [ofSessions, ofKeys] = await Promise.all([
    tx
      .select({ id: sessions.id, tenantId: sessions.tenantId })
      .from(sessions)
      .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)))
      .for('update'),
    tx
      .select({ id: apiKeys.id, tenantId: apiKeys.tenantId })
      .from(apiKeys)
      .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
      .for('update'),
  ])
  return [
    ...ofSessions.map((session) => ({ kind: 'session' as const, ...session })),
    ...ofKeys.map((key) => ({ kind: 'api_key' as const, ...key })),
  ]
}

/** Deletes what is in a tenant, so many of each at a time. @returns whether there may be more */
export async function deleteSomeOfTenant(tx: Tx, tenantId: string): Promise<boolean> {
  const someSessions = tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.tenantId, tenantId))
    .limit(batch)
  const someKeys = tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(eq(apiKeys.tenantId, tenantId))
    .limit(batch)
  const [ended, deleted] = await Promise.all([
    tx.delete(sessions).where(inArray(sessions.id, someSessions)),
    tx.delete(apiKeys).where(inArray(apiKeys.id, someKeys)),
    tx.delete(oneTimeTokens).where(eq(oneTimeTokens.tenantId, tenantId)),
  ])
  return ended.count === batch || deleted.count === batch
}
