import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, inArray, isNotNull, isNull, lt, lte, notInArray, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { mails } from './mails.ts'

/** A mail that this process alone may send, for as long as it renews its lease. */
export interface ClaimedMail {
  readonly id: string
  readonly sealed: string
  /** How often it was claimed, this time included: who has claimed it later is told apart by it. */
  readonly attempts: number
  readonly createdAt: Date
}

const isDue = and(isNotNull(mails.sealed), lte(mails.nextAttemptAt, sql`now()`))
const inSeconds = (seconds: number) => sql`now() + make_interval(secs => ${seconds})`

/** Whether there is something to claim; asked first, since a look that finds nothing has nothing to commit. */
export async function isAnythingDue(tx: Tx): Promise<boolean> {
  const [row] = await tx.select({ id: mails.id }).from(mails).where(isDue).limit(1)
  return row !== undefined
}

/** What waits to be sent, for the first time or again. */
export interface MailBacklog {
  /** Counted up to 10,000. */
  readonly depth: number
  readonly oldestSeconds: number
}

export async function backlogOf(tx: Tx): Promise<MailBacklog> {
  const waiting = tx
    .select({ createdAt: mails.createdAt })
    .from(mails)
    .where(isNotNull(mails.sealed))
    .orderBy(mails.nextAttemptAt)
    .limit(10_000)
    .as('waiting')
  const age = sql`now() - min(${waiting.createdAt})`
  const [row] = await tx
    .select({
      depth: sql<number>`count(*)::int`,
      oldestSeconds: sql<number>`coalesce(extract(epoch from ${age}), 0)::float8`,
    })
    .from(waiting)
  return row ?? { depth: 0, oldestSeconds: 0 }
}

interface Claiming {
  readonly limit: number
  readonly leaseSeconds: number
  /** What this process is sending already, should a lease have run out over it. */
  readonly except: readonly string[]
}

/** Claims mails that are due and that nobody else is claiming. */
export async function claimDue(tx: Tx, { limit, leaseSeconds, except }: Claiming): Promise<ClaimedMail[]> {
  const due = tx
    .select({ id: mails.id })
    .from(mails)
    .where(and(isDue, notInArray(mails.id, [...except])))
    .orderBy(mails.nextAttemptAt)
    .limit(limit)
    .for('update', { skipLocked: true })
  const { id, sealed, attempts, createdAt } = mails
  return tx
    .update(mails)
    .set({ attempts: sql`${attempts} + 1`, nextAttemptAt: inSeconds(leaseSeconds) })
    .where(inArray(id, due))
    .returning({ id, sealed: sql<string>`${sealed}`, attempts, createdAt })
}

/** Keeps mails claimed; one that was put off meanwhile, for longer, stays so. @returns those that still are */
export function renew(tx: Tx, ids: readonly string[], leaseSeconds: number) {
  return tx
    .update(mails)
    .set({ nextAttemptAt: sql`greatest(${mails.nextAttemptAt}, ${inSeconds(leaseSeconds)})` })
    .where(and(inArray(mails.id, [...ids]), isNotNull(mails.sealed)))
    .returning({ id: mails.id, attempts: mails.attempts })
}

type Claim = Pick<ClaimedMail, 'id' | 'attempts'>

const isOurs = ({ id, attempts }: Claim) => and(eq(mails.id, id), eq(mails.attempts, attempts))

/** Holds whoever has claimed the mail since: it is sent. */
export async function markSent(tx: Tx, { id }: Claim) {
  await tx.update(mails).set({ sentAt: sql`now()`, sealed: null }).where(eq(mails.id, id))
}

export async function noteSubject(tx: Tx, claim: Claim, subjectId: string) {
  await tx.update(mails).set({ subjectId }).where(isOurs(claim))
}

export async function markFailed(tx: Tx, claim: Claim) {
  await tx.update(mails).set({ failedAt: sql`now()`, sealed: null }).where(isOurs(claim))
}

export async function postpone(tx: Tx, claim: Claim, seconds: number) {
  await tx
    .update(mails)
    .set({ nextAttemptAt: inSeconds(seconds) })
    .where(isOurs(claim))
}

const weekMs = 7 * 86_400_000

/** Clears away what is over and was queued more than a week ago. Its age is in its id (UUIDv7). */
export async function clearOld(tx: Tx): Promise<void> {
  const before = uuidv7({ msecs: Date.now() - weekMs })
  await tx.delete(mails).where(and(lt(mails.id, before), isNull(mails.sealed)))
}
