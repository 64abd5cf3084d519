import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { deadLetters, letterMentions } from '../privacy-tables.ts'

/** Lays a letter aside, once however often it comes; one that nobody's id stands in goes by itself. */
export async function insert(
  tx: Tx,
  letter: typeof deadLetters.$inferInsert,
  mentions: readonly string[],
): Promise<void> {
  const expiresAt = mentions.length === 0 ? sql`now() + interval '30 days'` : null
  const rows = await tx
    .insert(deadLetters)
    .values({ ...letter, expiresAt })
    .onConflictDoNothing()
    .returning({ id: deadLetters.id })
  if (rows.length === 0 || mentions.length === 0) return
  await tx.execute(sql`
    insert into ${letterMentions} (subject_id, letter_id)
    select value, ${letter.id} from jsonb_array_elements_text(${JSON.stringify(mentions)}::jsonb)`)
}

/** Those that wait, the oldest first. */
export async function waiting(tx: Tx, limit: number) {
  const rows = await tx
    .select()
    .from(deadLetters)
    .where(and(isNull(deadLetters.replayedAt), isNotNull(deadLetters.sealedBody)))
    .orderBy(asc(deadLetters.laidAsideAt), asc(deadLetters.id))
    .limit(limit)
  return rows.flatMap(({ sealedBody, ...letter }) => (sealedBody === null ? [] : [{ ...letter, sealedBody }]))
}

/** It is recorded: what it said is kept here no longer. */
export async function markReplayed(tx: Tx, id: string) {
  await tx.update(deadLetters).set({ replayedAt: sql`now()`, sealedBody: null }).where(eq(deadLetters.id, id))
}
