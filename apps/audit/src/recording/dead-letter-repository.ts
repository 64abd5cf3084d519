import type { Tx } from '@gatehouse/db/tenant'
import { asc, eq, isNull, sql } from 'drizzle-orm'
import { deadLetters } from '../tables.ts'

/** Lays letters aside, each once however often it comes. */
export async function insert(tx: Tx, letters: (typeof deadLetters.$inferInsert)[]) {
  await tx.insert(deadLetters).values(letters).onConflictDoNothing()
}

/** Those that wait, the oldest first. */
export const waiting = (tx: Tx, limit: number) =>
  tx
    .select()
    .from(deadLetters)
    .where(isNull(deadLetters.replayedAt))
    .orderBy(asc(deadLetters.laidAsideAt), asc(deadLetters.id))
    .limit(limit)

export async function markReplayed(tx: Tx, id: string) {
  await tx.update(deadLetters).set({ replayedAt: sql`now()` }).where(eq(deadLetters.id, id))
}
