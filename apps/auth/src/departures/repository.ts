import { countPersonalData } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import type { Revocation } from '@gatehouse/events/revocation'
import { eq, inArray } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import {
  apiKeys,
  credentials,
  erasures,
  linkedIdentities,
  mfaFactors,
  oneTimeTokens,
  recoveryCodes,
  registrations,
  sessions,
  socialLogins,
} from '../tables.ts'

/** How much of a tenant is deleted in one transaction. */
const batch = 1000

const countOf = countPersonalData(dataMap)

/**
 * Deletes everything that is a person's, and keeps for the first time how much that was.
 * @returns what access tokens of theirs may still be out
 */
export async function deletePerson(tx: Tx, userId: string): Promise<Revocation[]> {
  const erased = await countOf(tx, userId)
  await tx.insert(erasures).values({ userId, erased }).onConflictDoNothing()
  const [ofSessions, ofKeys] = await Promise.all([
    // The refresh tokens of each go with it.
    tx
      .delete(sessions)
      .where(eq(sessions.userId, userId))
      .returning({ id: sessions.id, tenantId: sessions.tenantId, endedAt: sessions.endedAt }),
    tx
      .delete(apiKeys)
      .where(eq(apiKeys.userId, userId))
      .returning({ id: apiKeys.id, tenantId: apiKeys.tenantId, endedAt: apiKeys.revokedAt }),
    tx.delete(credentials).where(eq(credentials.userId, userId)),
    tx.delete(registrations).where(eq(registrations.userId, userId)),
    tx.delete(linkedIdentities).where(eq(linkedIdentities.userId, userId)),
    tx.delete(socialLogins).where(eq(socialLogins.linkUserId, userId)),
    tx.delete(mfaFactors).where(eq(mfaFactors.userId, userId)),
    tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId)),
    tx.delete(oneTimeTokens).where(eq(oneTimeTokens.userId, userId)),
  ])
  return [
    ...ofSessions.map((session) => ({ kind: 'session' as const, ...session })),
    ...ofKeys.map((key) => ({ kind: 'api_key' as const, ...key })),
  ].filter(({ endedAt }) => endedAt === null)
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

/** How much was deleted of a person, and when; undefined if nothing was yet. */
export async function erasureOf(tx: Tx, userId: string) {
  const [row] = await tx.select().from(erasures).where(eq(erasures.userId, userId))
  return row
}
