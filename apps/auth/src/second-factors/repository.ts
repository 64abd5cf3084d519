import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, isNotNull } from 'drizzle-orm'
import { mfaFactors } from '../tables.ts'

/** The second factors of a person that count. */
export function confirmedFactors(tx: Tx, userId: string) {
  return tx
    .select()
    .from(mfaFactors)
    .where(and(eq(mfaFactors.userId, userId), isNotNull(mfaFactors.confirmedAt)))
}
