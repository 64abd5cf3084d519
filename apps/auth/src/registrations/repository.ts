import type { Tx } from '@gatehouse/db/tenant'
import { eq, inArray, lte, sql } from 'drizzle-orm'
import { credentials, registrations } from '../tables.ts'

export type Registration = typeof registrations.$inferSelect

export async function insert(tx: Tx, registration: typeof registrations.$inferInsert) {
  await tx.insert(registrations).values(registration)
}

/** Takes registrations that are due, for this process alone until their next attempt. */
export async function claimDue(tx: Tx, { limit, nextAttemptAt }: { limit: number; nextAttemptAt: Date }) {
  const due = tx
    .select({ userId: registrations.userId })
    .from(registrations)
    .where(lte(registrations.nextAttemptAt, sql`now()`))
    .orderBy(registrations.nextAttemptAt)
    .limit(limit)
    .for('update', { skipLocked: true })
  return tx.update(registrations).set({ nextAttemptAt }).where(inArray(registrations.userId, due)).returning()
}

/** @returns whether it was there: of any number who remove it at once, one gets true */
export async function remove(tx: Tx, userId: string) {
  const rows = await tx
    .delete(registrations)
    .where(eq(registrations.userId, userId))
    .returning({ userId: registrations.userId })
  return rows.length === 1
}

export async function byId(tx: Tx, userId: string) {
  const [row] = await tx.select().from(registrations).where(eq(registrations.userId, userId))
  return row
}

export async function insertCredential(tx: Tx, credential: typeof credentials.$inferInsert) {
  await tx.insert(credentials).values(credential).onConflictDoNothing()
}

export async function hasCredential(tx: Tx, userId: string) {
  const rows = await tx
    .select({ userId: credentials.userId })
    .from(credentials)
    .where(eq(credentials.userId, userId))
  return rows.length === 1
}
