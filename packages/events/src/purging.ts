import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import type { DataMap } from '@gatehouse/db/data-map'
import { purge } from '@gatehouse/db/purge'
import type { Log } from './log.ts'
import { supervise } from './supervise.ts'

const everyMs = 60_000

interface PurgeOptions {
  readonly db: Database
  readonly log: Log
  /** Says of each table what has had its time. */
  readonly dataMap: DataMap
}

/**
 * Deletes, for as long as the process lives, what has had its time, so that what a request costs does not grow with it.
 * Several replicas share the work.
 */
export function startPurge({ db, log, dataMap }: PurgeOptions): { stop(): Promise<void> } {
  return supervise({
    what: 'the clearing away of what is outdated',
    log,
    session: async (stopping) => {
      while (!stopping.aborted) {
        await purge(db, dataMap, stopping)
        await delay(everyMs, undefined, { signal: stopping, ref: false })
      }
    },
  })
}
