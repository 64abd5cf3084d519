import type { Tx } from '@gatehouse/db/tenant'
import { and, desc, eq, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm'
import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { JWK } from 'jose'

const at = (name: string) => timestamp(name, { withTimezone: true })

/**
 * The keys that access tokens are signed with; the private half sealed (JWE) under the key-encryption key. Their SQL is in
 * `signing-keys.sql`.
 */
export const signingKeys = pgTable('signing_keys', {
  kid: text().primaryKey(),
  publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
  sealedPrivateJwk: text('sealed_private_jwk').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  /** From when on it signs, if it is the youngest to do so; published long before. */
  activatesAt: at('activates_at').notNull().defaultNow(),
  /** From when on nothing that it has signed counts any more. */
  retiresAt: at('retires_at'),
})

/** Not `now()`, which is when the transaction began: another one may have made a key while this one waited for the lock. */
const now = sql`clock_timestamp()`
const seconds = (count: number) => sql`make_interval(secs => ${count})`
const isKept = or(isNull(signingKeys.retiresAt), sql`${signingKeys.retiresAt} > ${now}`)

/** Every key that isn't gone, by the database's clock: the next one first, then the one that signs, then older ones. */
export const kept = (tx: Tx) =>
  tx
    .select({
      kid: signingKeys.kid,
      publicJwk: signingKeys.publicJwk,
      sealedPrivateJwk: signingKeys.sealedPrivateJwk,
      activatesAt: signingKeys.activatesAt,
      isActive: sql<boolean>`${signingKeys.activatesAt} <= ${now}`,
      isRetired: sql<boolean>`${signingKeys.retiresAt} is not null`,
    })
    .from(signingKeys)
    .where(isKept)
    .orderBy(desc(signingKeys.activatesAt), desc(signingKeys.createdAt))

/** Writes a new key down, to sign in so many seconds. */
export async function insert(
  tx: Tx,
  key: Pick<typeof signingKeys.$inferInsert, 'kid' | 'publicJwk' | 'sealedPrivateJwk'>,
  activatesInSeconds: number,
) {
  const [row] = await tx
    .insert(signingKeys)
    .values({ ...key, activatesAt: sql`${now} + ${seconds(activatesInSeconds)}` })
    .returning({ activatesAt: signingKeys.activatesAt })
  if (!row) throw new Error('The signing key was not written.')
  return row.activatesAt
}

/** Gives all keys that have signed but this one an end, so many seconds from now, unless they have one. */
export async function retireOthers(tx: Tx, kid: string, afterSeconds: number) {
  await tx
    .update(signingKeys)
    .set({ retiresAt: sql`${now} + ${seconds(afterSeconds)}` })
    .where(and(ne(signingKeys.kid, kid), isNull(signingKeys.retiresAt), lte(signingKeys.activatesAt, now)))
}

/** Deletes the keys of which no token can be good any more. */
export async function removeGone(tx: Tx) {
  await tx.delete(signingKeys).where(and(isNotNull(signingKeys.retiresAt), lte(signingKeys.retiresAt, now)))
}

/** Has a key sign as soon as it has been published for so many seconds, if that is earlier. @returns when that is */
export async function bringForward(tx: Tx, kid: string, publishedSeconds: number) {
  const earliest = sql`greatest(${now}, ${signingKeys.createdAt} + ${seconds(publishedSeconds)})`
  const [row] = await tx
    .update(signingKeys)
    .set({ activatesAt: sql`least(${signingKeys.activatesAt}, ${earliest})` })
    .where(eq(signingKeys.kid, kid))
    .returning({ activatesAt: signingKeys.activatesAt })
  return row?.activatesAt
}

/** Waits until no other replica is deciding about keys; held until the transaction ends. */
export async function lock(tx: Tx) {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('signing_keys'))`)
}
