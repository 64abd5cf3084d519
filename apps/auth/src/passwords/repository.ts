import type { Tx } from '@gatehouse/db/tenant'
import { eq } from 'drizzle-orm'
import { credentials } from '../tables.ts'

/** What a person's password is checked against, if they have one. */
export async function credentialOf(tx: Tx, userId: string) {
  const [row] = await tx.select().from(credentials).where(eq(credentials.userId, userId))
  return row
}
