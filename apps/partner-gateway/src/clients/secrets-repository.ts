import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, eq, gt, isNull, lte, or, sql } from 'drizzle-orm'
import { clientSecrets } from '../tables.ts'

export type Secret = typeof clientSecrets.$inferSelect

/** Whose secrets are meant. */
interface Owner {
  readonly id: string
  readonly tenantId: string
}

const isOf = ({ id, tenantId }: Owner) =>
  and(eq(clientSecrets.clientId, id), eq(clientSecrets.tenantId, tenantId))

const isLive = or(isNull(clientSecrets.expiresAt), gt(clientSecrets.expiresAt, sql`now()`))

/** The live secrets of a client, of which there are two at most; the older one first. */
export const live = (tx: Tx, client: Owner): Promise<Secret[]> =>
  tx
    .select()
    .from(clientSecrets)
    .where(and(isOf(client), isLive))
    .orderBy(asc(clientSecrets.createdAt), asc(clientSecrets.id))

export async function insert(tx: Tx, secret: typeof clientSecrets.$inferInsert): Promise<Secret> {
  const [row] = await tx.insert(clientSecrets).values(secret).returning()
  if (!row) throw new Error(`secret ${secret.id} was not inserted`)
  return row
}

/** Lets a live secret expire at that time, if that is earlier than it would. */
export async function expire(tx: Tx, client: Owner, id: string, at: Date): Promise<Secret | undefined> {
  const time = at.toISOString()
  const [row] = await tx
    .update(clientSecrets)
    .set({ expiresAt: sql`least(coalesce(${clientSecrets.expiresAt}, ${time}), ${time})` })
    .where(and(isOf(client), eq(clientSecrets.id, id), isLive))
    .returning()
  return row
}

export async function remove(tx: Tx, client: Owner, id: string) {
  await tx.delete(clientSecrets).where(and(isOf(client), eq(clientSecrets.id, id)))
}

export async function removeExpired(tx: Tx, client: Owner) {
  await tx.delete(clientSecrets).where(and(isOf(client), lte(clientSecrets.expiresAt, sql`now()`)))
}
