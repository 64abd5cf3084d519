import type { Database } from '@gatehouse/db/connect'
import { createBell } from '@gatehouse/events/bell'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import { sql } from 'drizzle-orm'

/** The partitions of the log, one for each month (UTC). */
export interface Partitions {
  /** Makes those that these times (RFC 3339, UTC) need and that aren't there; costs nothing where all are. */
  ensure(times: Iterable<string>): Promise<void>
}

/** How far back entries may lie; `make_entries_partition` of the migrations says the same. */
const monthsKept = 36

/** Whether there can be a partition for this time. */
export function isInBounds(time: string, now = new Date()): boolean {
  const months = monthNumber(new Date(time)) - monthNumber(now)
  return -monthsKept <= months && months <= 1
}

export function createPartitions(db: Database): Partitions {
  const made = new Set<string>()
  return {
    async ensure(times) {
      const now = monthOf(new Date().toISOString())
      for (const month of new Set([...times].map(monthOf))) {
        // Those of the past may be dropped by somebody else.
        if (month >= now && made.has(month)) continue
        await db.orm.execute(sql`select make_entries_partition(${`${month}-01`}::date)`)
        made.add(month)
      }
    },
  }
}

const aheadEveryMs = 6 * 3_600_000

/** Makes the partitions of this month and the next, and looks again every six hours, so that a new month finds its own. */
export function keepAhead(partitions: Partitions, log: Log) {
  const session = async (stopping: AbortSignal) => {
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      const now = new Date()
      const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1))
      await partitions.ensure([now.toISOString(), next.toISOString()])
      await bell.wait(aheadEveryMs)
    }
  }
  return supervise({ what: 'the making of partitions', log, session })
}

const monthOf = (time: string) => time.slice(0, 7)
const monthNumber = (time: Date) => time.getUTCFullYear() * 12 + time.getUTCMonth()
