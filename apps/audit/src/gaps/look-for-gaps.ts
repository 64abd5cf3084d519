import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createBell } from '@gatehouse/events/bell'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import { type Follower, readOn } from '../follow.ts'
import * as repository from './repository.ts'

const everyMs = 60_000
/** What comes in the wrong order has so long to be there. */
const settledSeconds = 60
const atOnce = 1000

export interface GapLooking {
  /** How many changes are missing, as this process saw it last; up to a thousand. */
  missing(): number
  stop(): Promise<void>
}

/**
 * Looks for changes that are not in the log though the one after them has been for a minute, by the versions of what they
 * changed, and tells when one comes after all. It reads what was recorded behind those who record it.
 * @returns how many are missing
 */
export async function lookForGaps(
  db: Database,
  log: Log,
  { settled = settledSeconds, stopping }: { settled?: number; stopping?: AbortSignal } = {},
): Promise<number> {
  const filled = await inPlatform(db, (tx) => repository.fill(tx, atOnce))
  for (const gap of filled) log.info({ gap }, 'a change that was missing is in the log by now')
  const follower: Follower = {
    name: 'gaps',
    settledSeconds: settled,
    async take(tx, stretch) {
      const found = await repository.note(tx, stretch)
      for (const gap of found) log.warn({ gap }, 'a change is not in the log, and the one after it is')
    },
  }
  await readOn(db, follower, stopping)
  return readInPlatform(db, (tx) => repository.count(tx, atOnce))
}

/** Looks now and every minute. */
export function startLooking(db: Database, log: Log): GapLooking {
  let missing = 0
  const session = async (stopping: AbortSignal) => {
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      missing = await lookForGaps(db, log, { stopping })
      await bell.wait(everyMs)
    }
  }
  return { missing: () => missing, ...supervise({ what: 'the search for missing changes', log, session }) }
}
