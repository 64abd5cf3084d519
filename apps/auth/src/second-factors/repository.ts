import { type Orm, prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, eq, gt, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import { mfaFactors, recoveryCodes } from '../tables.ts'

/** A second factor, with its sealed secret. */
export type Factor = typeof mfaFactors.$inferSelect

/** How long a factor waits for its first code. Minutes. */
const pendingMinutes = 15

/** The second factors of a person that count, oldest first. */
export function confirmedFactors(tx: Tx, userId: string) {
  return tx
    .select()
    .from(mfaFactors)
    .where(and(eq(mfaFactors.userId, userId), isNotNull(mfaFactors.confirmedAt)))
    .orderBy(mfaFactors.createdAt)
}

const factorsOf = prepared((orm) =>
  orm
    .select({ id: mfaFactors.id, kind: mfaFactors.kind, sealedSecret: mfaFactors.sealedSecret })
    .from(mfaFactors)
    .where(and(eq(mfaFactors.userId, sql.placeholder('userId')), isNotNull(mfaFactors.confirmedAt)))
    .orderBy(mfaFactors.createdAt)
    .prepare('factors_to_check'),
)

/** What codes are checked against; no tenant confines it. */
export const factorsToCheck = (orm: Orm, userId: string) => factorsOf(orm).execute({ userId })

/** As `confirmedFactors`, and keeps anybody else from changing them until the transaction ends. */
export const lockFactors = (tx: Tx, userId: string) => confirmedFactors(tx, userId).for('update')

/** Puts a factor in the place of one that was never confirmed. @returns whether there is no confirmed one of its kind */
export async function insertPending(tx: Tx, factor: typeof mfaFactors.$inferInsert) {
  const { id, sealedSecret } = factor
  const rows = await tx
    .insert(mfaFactors)
    .values(factor)
    .onConflictDoUpdate({
      target: [mfaFactors.userId, mfaFactors.kind],
      set: { id, sealedSecret, createdAt: sql`now()` },
      setWhere: isNull(mfaFactors.confirmedAt),
    })
    .returning({ id: mfaFactors.id })
  return rows.length === 1
}

/** The authenticator app that waits for its first code, if it hasn't waited too long. */
export async function pendingTotp(tx: Tx, userId: string) {
  const [row] = await tx
    .select()
    .from(mfaFactors)
    .where(
      and(
        eq(mfaFactors.userId, userId),
        eq(mfaFactors.kind, 'totp'),
        isNull(mfaFactors.confirmedAt),
        gt(mfaFactors.createdAt, sql`now() - make_interval(mins => ${pendingMinutes})`),
      ),
    )
  return row
}

/** Makes a factor count, by a code of time step `step`: of any number at once, one gets true. */
export async function confirmFactor(tx: Tx, id: string, step: number) {
  const rows = await tx
    .update(mfaFactors)
    .set({ confirmedAt: sql`now()`, lastUsedAt: sql`now()`, lastStep: step })
    .where(and(eq(mfaFactors.id, id), isNull(mfaFactors.confirmedAt)))
    .returning({ id: mfaFactors.id })
  return rows.length === 1
}

/** Spends a time step and all before it: of any number at once, one gets true. */
export async function spendStep(tx: Tx, id: string, step: number) {
  const rows = await tx
    .update(mfaFactors)
    .set({ lastStep: step, lastUsedAt: sql`now()` })
    .where(and(eq(mfaFactors.id, id), isNotNull(mfaFactors.confirmedAt), lt(mfaFactors.lastStep, step)))
    .returning({ id: mfaFactors.id })
  return rows.length === 1
}

export async function removeFactor(tx: Tx, id: string) {
  await tx.delete(mfaFactors).where(eq(mfaFactors.id, id))
}

/** Puts a set of recovery codes in the place of the one before. */
export async function replaceRecoveryCodes(
  tx: Tx,
  of: { readonly userId: string; readonly sealedKey: string },
  digests: readonly Buffer[],
) {
  await removeRecoveryCodes(tx, of.userId)
  await tx.insert(recoveryCodes).values(digests.map((digest) => ({ digest, ...of })))
}

/** The sealed keys that a person's recovery codes go by: one, unless two sets were made at once. */
export async function recoveryKeys(tx: Tx, userId: string) {
  const rows = await tx
    .selectDistinct({ sealedKey: recoveryCodes.sealedKey })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)))
  return rows.map(({ sealedKey }) => sealedKey)
}

export async function removeRecoveryCodes(tx: Tx, userId: string) {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
}

/** Spends a recovery code, which has one of these digests: of any number at once, one gets true. */
export async function spendRecoveryCode(tx: Tx, userId: string, digests: readonly Buffer[]) {
  const rows = await tx
    .update(recoveryCodes)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        inArray(recoveryCodes.digest, [...digests]),
        eq(recoveryCodes.userId, userId),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ digest: recoveryCodes.digest })
  return rows.length === 1
}

export async function recoveryCodesLeft(tx: Tx, userId: string) {
  const [row] = await tx
    .select({ left: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)))
  return row?.left ?? 0
}
