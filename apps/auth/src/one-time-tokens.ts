import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm'
import { type oneTimeTokenPurpose, oneTimeTokens } from './tables.ts'

export type Purpose = (typeof oneTimeTokenPurpose.enumValues)[number]

/** Whom a one-time token is for, and the address that it was made for. */
export interface Bearer {
  readonly userId: string
  readonly tenantId: string
  readonly email: string
}

/** How long each kind lives. Seconds. */
const lifeSeconds: Readonly<Record<Purpose, number>> = {
  verify_email: 86_400,
  reset_password: 3600,
  mfa_enrolment: 300,
  login_code: 60,
}

/** Makes a token of 256 random bits, of which only a digest is stored. Earlier ones of that purpose are void. */
export async function issueOneTimeToken(tx: Tx, purpose: Purpose, bearer: Bearer): Promise<string> {
  await voidOneTimeTokens(tx, bearer.userId, [purpose])
  const token = `gate_ott_${randomBytes(32).toString('base64url')}`
  const expiresAt = sql`now() + make_interval(secs => ${lifeSeconds[purpose]})`
  const { userId, tenantId, email } = bearer
  await tx
    .insert(oneTimeTokens)
    .values({ digest: digestOf(token), purpose, userId, tenantId, email, expiresAt })
  return token
}

/** Spends a token: of any number at once, one gets its bearer. Undefined for one that is unknown, spent or expired. */
export async function redeemOneTimeToken(tx: Tx, purpose: Purpose, token: string) {
  const [row] = await tx
    .update(oneTimeTokens)
    .set({ usedAt: sql`now()` })
    .where(isGood(purpose, token))
    .returning(bearer)
  return row satisfies Bearer | undefined
}

/** Takes one of `max` attempts with a token that stays good. Undefined for one that is not, or has had them all. */
export async function tryOneTimeToken(tx: Tx, purpose: Purpose, token: string, max: number) {
  const [row] = await tx
    .update(oneTimeTokens)
    .set({ attempts: sql`${oneTimeTokens.attempts} + 1` })
    .where(and(isGood(purpose, token), lt(oneTimeTokens.attempts, max)))
    .returning(bearer)
  return row satisfies Bearer | undefined
}

/** Voids what was sent to a person, as a change of their password or address does. */
export async function voidOneTimeTokens(tx: Tx, userId: string, purposes: readonly Purpose[]) {
  await tx
    .delete(oneTimeTokens)
    .where(and(eq(oneTimeTokens.userId, userId), inArray(oneTimeTokens.purpose, [...purposes])))
}

const bearer = {
  userId: oneTimeTokens.userId,
  tenantId: oneTimeTokens.tenantId,
  email: oneTimeTokens.email,
}

const isGood = (purpose: Purpose, token: string) =>
  and(
    eq(oneTimeTokens.digest, digestOf(token)),
    eq(oneTimeTokens.purpose, purpose),
    isNull(oneTimeTokens.usedAt),
    gt(oneTimeTokens.expiresAt, sql`now()`),
  )

const digestOf = (token: string) => createHash('sha256').update(token).digest()
