import { randomBytes } from 'node:crypto'
import type { Tx } from '@gatehouse/db/tenant'
import { digestOf } from '@gatehouse/db/who-is-back'
import { rememberRecent } from '@gatehouse/http/recent'
import type { Seal } from '@gatehouse/keys/seal'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { subjectKeys } from './privacy-tables.ts'

/** What is personal of each subject, a person or a tenant, is sealed under a key of its own. */
export interface SubjectKeys {
  /** The keys of these subjects, made for those that have none; null for one that was forgotten. */
  ensure(tx: Tx, subjectIds: ReadonlySet<string>): Promise<ReadonlyMap<string, Buffer | null>>
  /** A key as the database has it. */
  open(subjectId: string, sealedKey: string): Promise<Buffer>
}

/** What the key of a subject is sealed about. */
export const aboutSubjectKey = (subjectId: string) => `key of ${subjectId}`

/** @param seal of the key-encryption key */
export function createSubjectKeys(seal: Seal): SubjectKeys {
  // By their sealed form, which the database is asked for each time: a key that it has no more opens nothing here either.
  const opened = rememberRecent<Promise<Buffer>>({ lifeMs: 600_000, capacity: 10_000 })

  const open = (subjectId: string, sealedKey: string) => {
    const known = opened.get(sealedKey)
    if (known !== undefined) return known
    const opening = seal
      .unseal(aboutSubjectKey(subjectId), sealedKey)
      .then((key) => Buffer.from(key, 'base64'))
    opened.set(sealedKey, opening)
    opening.catch(() => opened.delete(sealedKey))
    return opening
  }
  const make = async (tx: Tx, subjectIds: readonly string[]) => {
    const rows = await Promise.all(
      subjectIds.toSorted().map(async (subjectId) => {
        const key = randomBytes(32).toString('base64')
        return { subjectId, sealedKey: await seal.seal(aboutSubjectKey(subjectId), key) }
      }),
    )
    await tx.insert(subjectKeys).values(rows).onConflictDoNothing()
  }
  const find = (tx: Tx, subjectIds: readonly string[]) =>
    tx
      .select({ subjectId: subjectKeys.subjectId, sealedKey: subjectKeys.sealedKey })
      .from(subjectKeys)
      .where(
        sql`${subjectKeys.subjectId} in (select jsonb_array_elements_text(${JSON.stringify(subjectIds)}::jsonb))`,
      )

  return {
    open,
    async ensure(tx, subjectIds) {
      const found = await find(tx, [...subjectIds])
      const known = new Set(found.map(({ subjectId }) => subjectId))
      const missing = [...subjectIds].filter((id) => !known.has(id))
      if (missing.length > 0) {
        await make(tx, missing)
        // Of two that make a key at once, the one of the first counts for both.
        found.push(...(await find(tx, missing)))
      }
      const keys = found.map(async ({ subjectId, sealedKey }) => {
        return [subjectId, sealedKey === null ? null : await open(subjectId, sealedKey)] as const
      })
      return new Map(await Promise.all(keys))
    },
  }
}

const lock = sql`hashtextextended('gatehouse.forgetting', 0)`

/** Has what this transaction records be there for whoever is forgotten next, or find them forgotten: taken before keys are asked for. */
export const besideForgetting = (tx: Tx) => tx.execute(sql`select pg_advisory_xact_lock_shared(${lock})`)

/**
 * Destroys the key of somebody: all that is personal of theirs becomes unreadable, and nothing is ever sealed readable
 * again. Their entries stay, as do the proofs of them. What was being recorded meanwhile is there once this has committed.
 * @returns when it was destroyed first
 */
export async function forgetSubject(tx: Tx, subjectId: string): Promise<Date> {
  await tx.execute(sql`select pg_advisory_xact_lock(${lock})`)
  const [row] = await tx
    .insert(subjectKeys)
    .values({ subjectId, sealedKey: null, forgottenAt: sql`now()` })
    .onConflictDoUpdate({
      target: subjectKeys.subjectId,
      set: { sealedKey: null, forgottenAt: sql`coalesce(${subjectKeys.forgottenAt}, now())` },
    })
    .returning({ forgottenAt: subjectKeys.forgottenAt })
  if (!row?.forgottenAt) throw new Error('a key that was destroyed says so')
  return row.forgottenAt
}

/** Whether it isn't noted yet what else there is of somebody who was forgotten; then it is from now on. */
export async function claimNoting(tx: Tx, subjectId: string): Promise<boolean> {
  const rows = await tx
    .update(subjectKeys)
    .set({ notedAt: sql`now()` })
    .where(and(eq(subjectKeys.subjectId, subjectId), isNull(subjectKeys.notedAt)))
    .returning({ subjectId: subjectKeys.subjectId })
  return rows.length === 1
}

/** Which of these were forgotten. */
export async function forgottenOf(tx: Tx, subjectIds: readonly string[]): Promise<string[]> {
  if (subjectIds.length === 0) return []
  const rows = await tx.execute<{ id: string }>(sql`
    select subject_id as id from ${subjectKeys} where forgotten_at is not null
      and subject_id in (select jsonb_array_elements_text(${JSON.stringify(subjectIds)}::jsonb))`)
  return rows.map(({ id }) => id)
}

/**
 * Of subjects whose digests (SHA-256 of the id, hexadecimal) are given, those who have a key, or of whom it isn't noted what
 * else there is. Reads all of them only when one is not known to be forgotten.
 */
export async function remembered(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const digest = digestOf(sql`subject_id`)
  const forgotten = await tx.execute<{ digest: string }>(
    sql`select ${digest} as digest from ${subjectKeys} where noted_at is not null`,
  )
  const known = new Set(forgotten.map((row) => row.digest))
  const missing = digests.filter((each) => !known.has(each))
  if (missing.length === 0) return []
  const rows = await tx.execute<{ id: string }>(sql`
    select subject_id as id from ${subjectKeys} where noted_at is null
      and ${digest} in (select jsonb_array_elements_text(${JSON.stringify(missing)}::jsonb))`)
  return rows.map(({ id }) => id)
}
