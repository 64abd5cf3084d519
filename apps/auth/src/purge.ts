import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { idempotencyKeys } from '@gatehouse/db/idempotency'
import { type Outdated, purge } from '@gatehouse/db/purge'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import { attempts } from '@gatehouse/throttle/attempts'
import { oneTimeTokens, refreshTokens, sessions, socialLogins } from './tables.ts'

const everyMs = 60_000

/** What is deleted once it has had its time. */
export const outdated: readonly Outdated[] = [
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
        await purge(db, outdated, stopping)
        await delay(everyMs, undefined, { signal: stopping, ref: false })
      }
    },
  })
}
