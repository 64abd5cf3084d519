import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Amr } from './sign-in.ts'
import { type oneTimeTokenPurpose, oneTimeTokens } from './tables.ts'

export type Purpose = (typeof oneTimeTokenPurpose.enumValues)[number]

/** Whom a one-time token is for, and the address that it was made for. */
export interface Bearer {
  readonly userId: string
  readonly tenantId: string
  readonly email: string
  /** What they had shown when they got it; nothing for a token that shows something by itself. */
  readonly amr?: readonly Amr[]
}

/** How long each kind lives. Seconds. */
const lifeSeconds: Readonly<Record<Purpose, number>> = {
  verify_email: 86_400,
  reset_password: 3600,
  mfa_enrolment: 300,
  login_code: 60,
}

/**
 * Those of which a person has one at a time: a new one voids the one before. Not the others: whoever keeps asking for
 * links in somebody's name, or signs in on two devices at once, would void what is about to be used.
 */
const replaced: readonly Purpose[] = ['verify_email', 'mfa_enrolment']

/** Makes a token of 256 random bits, of which only a digest is stored. */
export async function issueOneTimeToken(tx: Tx, purpose: Purpose, bearer: Bearer): Promise<string> {
  if (replaced.includes(purpose)) await voidOneTimeTokens(tx, bearer.userId, [purpose])
  const token = `gate_ott_${randomBytes(32).toString('base64url')}`
  const expiresAt = sql`now() + make_interval(secs => ${lifeSeconds[purpose]})`
  const { userId, tenantId, email, amr = [] } = bearer
  await tx
    .insert(oneTimeTokens)
    .values({ digest: digestOf(token), purpose, userId, tenantId, email, amr: [...amr], expiresAt })
  return token
}

/** Whether a person was given a token in the last so many seconds. */
export async function wasIssuedLately(tx: Tx, purpose: Purpose, userId: string, seconds: number) {
  const rows = await tx
    .select({ digest: oneTimeTokens.digest })
    .from(oneTimeTokens)
    .where(
      and(
        eq(oneTimeTokens.userId, userId),
        eq(oneTimeTokens.purpose, purpose),
        gt(oneTimeTokens.createdAt, sql`now() - make_interval(secs => ${seconds})`),
      ),
    )
    .limit(1)
  return rows.length === 1
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

/** Whom a token is for that stays good; undefined for one that is not, or has had `max` attempts where that is given. */
export async function bearerOfOneTimeToken(tx: Tx, purpose: Purpose, token: string, max?: number) {
  const [row] = await tx
    .select(bearer)
    .from(oneTimeTokens)
    .where(and(isGood(purpose, token), max === undefined ? undefined : lt(oneTimeTokens.attempts, max)))
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

/**
 * Makes a token good again that was spent in vain, until it is `lifeSeconds` old and has been spent `maxAttempts` times.
 */
export async function reopenOneTimeToken(
  tx: Tx,
  purpose: Purpose,
  token: string,
  { lifeSeconds, maxAttempts }: { readonly lifeSeconds: number; readonly maxAttempts: number },
): Promise<void> {
  await tx
    .update(oneTimeTokens)
    .set({
      usedAt: null,
      attempts: sql`${oneTimeTokens.attempts} + 1`,
      expiresAt: sql`${oneTimeTokens.createdAt} + make_interval(secs => ${lifeSeconds})`,
    })
    .where(
      and(
        eq(oneTimeTokens.digest, digestOf(token)),
        eq(oneTimeTokens.purpose, purpose),
        lt(oneTimeTokens.attempts, maxAttempts - 1),
      ),
    )
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
  amr: oneTimeTokens.amr,
}

const isGood = (purpose: Purpose, token: string) =>
  and(
    eq(oneTimeTokens.digest, digestOf(token)),
    eq(oneTimeTokens.purpose, purpose),
    isNull(oneTimeTokens.usedAt),
    gt(oneTimeTokens.expiresAt, sql`now()`),
  )

const digestOf = (token: string) => createHash('sha256').update(token).digest()
