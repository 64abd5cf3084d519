import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { idempotencyKeys } from '@gatehouse/db/idempotency'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import { type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { attempts, oneTimeTokens, refreshTokens, sessions, socialLogins } from './tables.ts'

const everyMs = 60_000
const batch = 1000

/** How long after a time that is in each row it is of no use any more. There is an index of each. */
const outdated: readonly { readonly at: PgColumn; readonly days: number }[] = [
  // An address from which somebody was signed in is familiar for 90 days; a session itself lives for 30 of them.
  { at: sessions.expiresAt, days: 60 },
  { at: refreshTokens.expiresAt, days: 1 },
  { at: oneTimeTokens.expiresAt, days: 1 },
  { at: socialLogins.expiresAt, days: 1 },
  { at: attempts.resetsAt, days: 0 },
  { at: idempotencyKeys.createdAt, days: 1 },
]

/**
 * Deletes, for as long as the process lives, what has had its time, so that what a request costs does not grow with it.
 * Several replicas share the work.
 */
export function startPurge(db: Database, log: Log): { stop(): Promise<void> } {
  return supervise({
    what: 'the clearing away of what is outdated',
    log,
    session: async (stopping) => {
      while (!stopping.aborted) {
        await purge(db, stopping)
        await delay(everyMs, undefined, { signal: stopping, ref: false })
      }
    },
  })
}

/** Deletes all that is outdated now, in short transactions; less if it is to stop. */
export async function purge(db: Database, stopping?: AbortSignal): Promise<void> {
  for (const { at, days } of outdated) {
    const statement = deletionOf(at, days)
    let deleted = batch
    while (deleted === batch && !stopping?.aborted)
      deleted = await inPlatform(db, async (tx) => (await tx.execute(statement)).count)
  }
}

/** A batch, oldest first. What another replica is about to delete is left to it. */
function deletionOf(at: PgColumn, days: number): SQL {
  return sql`
    delete from ${at.table} where ctid = any(array(
      select ctid from ${at.table} where ${at} < now() - make_interval(days => ${days}::int)
      order by ${at} limit ${batch} for update skip locked))`
}
