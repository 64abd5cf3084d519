import type { Erased } from '@gatehouse/contracts/erasure'
import { unavailable } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { eraseLettersOf, noteRemnantsOf } from '../remnants.ts'
import { claimNoting, forgetSubject, remembered } from '../subject-keys.ts'
import type { MessageErasure } from './erase-messages.ts'

interface Deps {
  readonly db: Database
  readonly messages: Pick<MessageErasure, 'settle'>
}

/**
 * Makes what is personal of a person unreadable, and of others that go along, once; and erases the messages of the stream
 * that they were in.
 * @throws Problem 503 while that is not done; asked again, it goes on
 */
export async function forget(
  { db, messages }: Deps,
  { userId, subjectIds }: { userId: string; subjectIds: readonly string[] },
): Promise<Erased> {
  const forgottenAt = await inPlatform(db, async (tx) => {
    for (const id of subjectIds) await forgetSubject(tx, id)
    return forgetSubject(tx, userId)
  })
  for (const id of [...subjectIds, userId]) await inPlatform(db, (tx) => noteOnce(tx, id))
  await messages.settle().catch((cause: unknown) => {
    throw unavailable({ cause })
  })
  return { erased: { subject_keys: 1 }, erasedAt: forgottenAt.toISOString() }
}

/**
 * Forgets again whoever is back of those who were forgotten, since the database was restored from a backup.
 * @param digests SHA-256 of their ids, hexadecimal
 * @returns how many there were
 */
export async function forgetAgain(db: Database, digests: readonly string[]): Promise<number> {
  const back = await readInPlatform(db, (tx) => remembered(tx, digests))
  for (const id of back) {
    await inPlatform(db, (tx) => forgetSubject(tx, id))
    await inPlatform(db, (tx) => noteOnce(tx, id))
  }
  return back.length
}

/** In a transaction after the one that destroyed the key: it sees what was being recorded then. */
async function noteOnce(tx: Tx, subjectId: string) {
  if (!(await claimNoting(tx, subjectId))) return
  await eraseLettersOf(tx, subjectId)
  await noteRemnantsOf(tx, subjectId)
}
