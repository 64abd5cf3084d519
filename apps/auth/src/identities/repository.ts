import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm'
import { credentials, linkedIdentities, socialLogins } from '../tables.ts'
import type { Identity } from './provider.ts'

type SocialLogin = typeof socialLogins.$inferSelect

/** How many sign-ins that never came back are cleared away with each new one. */
const clearedAtOnce = 10

/** Writes down a sign-in that begins, to be taken up again within so long. */
export async function insertSocialLogin(
  tx: Tx,
  login: Omit<typeof socialLogins.$inferInsert, 'expiresAt'>,
  lifeSeconds: number,
) {
  const expiresAt = sql`now() + make_interval(secs => ${lifeSeconds})`
  const expired = tx
    .select({ stateDigest: socialLogins.stateDigest })
    .from(socialLogins)
    .where(lt(socialLogins.expiresAt, sql`now()`))
    .limit(clearedAtOnce)
    .for('update', { skipLocked: true })
  await Promise.all([
    tx.delete(socialLogins).where(inArray(socialLogins.stateDigest, expired)),
    tx.insert(socialLogins).values({ ...login, expiresAt }),
  ])
}

/** Takes up a sign-in that comes back, if it is this browser's and this provider's: of any number at once, one gets it. */
export async function takeSocialLogin(
  tx: Tx,
  { stateDigest, browserDigest, provider }: Pick<SocialLogin, 'stateDigest' | 'browserDigest' | 'provider'>,
) {
  const [row] = await tx
    .delete(socialLogins)
    .where(
      and(
        eq(socialLogins.stateDigest, stateDigest),
        eq(socialLogins.browserDigest, browserDigest),
        eq(socialLogins.provider, provider),
        gt(socialLogins.expiresAt, sql`now()`),
      ),
    )
    .returning()
  return row
}

type Key = Pick<Identity, 'provider' | 'issuer' | 'subject'>

const isKey = ({ provider, issuer, subject }: Key) =>
  and(
    eq(linkedIdentities.provider, provider),
    eq(linkedIdentities.issuer, issuer),
    eq(linkedIdentities.subject, subject),
  )

/** Whose an identity is, taking note that it is in use. */
export async function useIdentity(tx: Tx, key: Key) {
  const [row] = await tx
    .update(linkedIdentities)
    .set({ lastUsedAt: sql`now()` })
    .where(isKey(key))
    .returning({ userId: linkedIdentities.userId })
  return row?.userId
}

/** @returns false where the identity is somebody's already, or the person has another one of the provider */
export async function insertIdentity(tx: Tx, identity: typeof linkedIdentities.$inferInsert) {
  const rows = await tx
    .insert(linkedIdentities)
    .values(identity)
    .onConflictDoNothing()
    .returning({ userId: linkedIdentities.userId })
  return rows.length === 1
}

export async function ownerOf(tx: Tx, key: Key) {
  const [row] = await tx.select({ userId: linkedIdentities.userId }).from(linkedIdentities).where(isKey(key))
  return row?.userId
}

export function identitiesOf(tx: Tx, userId: string) {
  return tx
    .select()
    .from(linkedIdentities)
    .where(eq(linkedIdentities.userId, userId))
    .orderBy(linkedIdentities.createdAt)
}

export async function removeIdentity(tx: Tx, userId: string, provider: Identity['provider']) {
  const rows = await tx
    .delete(linkedIdentities)
    .where(and(eq(linkedIdentities.userId, userId), eq(linkedIdentities.provider, provider)))
    .returning({ userId: linkedIdentities.userId })
  return rows.length === 1
}

export async function hasPassword(tx: Tx, userId: string) {
  const rows = await tx
    .select({ userId: credentials.userId })
    .from(credentials)
    .where(eq(credentials.userId, userId))
  return rows.length === 1
}
