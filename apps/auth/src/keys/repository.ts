import type { Tx } from '@gatehouse/db/tenant'
import { desc, sql } from 'drizzle-orm'
import { signingKeys } from '../tables.ts'

/** Newest first: the first one signs, all of them verify. */
export const all = (tx: Tx) => tx.select().from(signingKeys).orderBy(desc(signingKeys.createdAt))

export async function insert(tx: Tx, key: typeof signingKeys.$inferInsert) {
  await tx.insert(signingKeys).values(key)
}

/** Waits until no other replica is deciding about keys; held until the transaction ends. */
export async function lock(tx: Tx) {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('signing_keys'))`)
}
