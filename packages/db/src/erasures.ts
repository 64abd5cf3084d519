import { eq } from 'drizzle-orm'
import { jsonb, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { DataMap } from './data-map.ts'
import { countPersonalData, deletePersonalData } from './personal-data.ts'
import type { Tx } from './transaction.ts'

/** What was erased of people who are gone: the receipt, which says nothing of who they were. Its SQL is in `erasures.sql`. */
export const erasures = pgTable('erasures', {
  userId: uuid('user_id').primaryKey(),
  /** How many rows of which table. */
  erased: jsonb().$type<Record<string, number>>().notNull(),
  erasedAt: timestamp('erased_at', { withTimezone: true }).notNull().defaultNow(),
})

/** A receipt as the other services are given it. */
export interface Receipt {
  readonly erased: Record<string, number>
  readonly erasedAt: string
}

/**
 * Erases what a service holds on a person, as its data map has it, and keeps how much that was for the first time.
 * @returns the receipt, which is the same however often this is asked for; in the platform's scope
 */
export function createErase(map: DataMap) {
  const count = countPersonalData(map)
  const remove = deletePersonalData(map)
  return async (tx: Tx, userId: string): Promise<Receipt> => {
    await tx
      .insert(erasures)
      .values({ userId, erased: await count(tx, userId) })
      .onConflictDoNothing()
    await remove(tx, userId)
    const [receipt] = await tx.select().from(erasures).where(eq(erasures.userId, userId))
    if (!receipt) throw new Error('what was erased was not kept')
    return { erased: receipt.erased, erasedAt: receipt.erasedAt.toISOString() }
  }
}
