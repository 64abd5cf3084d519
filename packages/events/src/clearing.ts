import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Log } from './log.ts'
import { type Supervised, supervise } from './supervise.ts'
import { clearSent } from './unsent.ts'

const everyMs = 3_600_000
const atOnce = 500

/** Clears away what was sent more than a week ago, now and every hour. */
export function startClearing(db: Database, log: Log): Supervised {
  const session = async (stopping: AbortSignal) => {
    while (!stopping.aborted) {
      while ((await inPlatform(db, (tx) => clearSent(tx, atOnce))) === atOnce);
      await delay(everyMs, undefined, { signal: stopping, ref: false })
    }
  }
  return supervise({ what: 'the clearing of the outbox', log, session })
}
