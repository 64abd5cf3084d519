import { createHash } from 'node:crypto'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { sql } from 'drizzle-orm'
import { attempts } from './tables.ts'

/** What is counted, and how often it may happen in a window. */
export interface Limit {
  /** E.g. `login:account:ada@example.com`; only a digest of it is stored. */
  readonly key: string
  readonly max: number
  readonly windowSeconds: number
}

/** Counts attempts for all replicas together. */
export interface Throttle {
  /**
   * Takes one attempt from each limit, in one statement, before what is limited is done: so many at once get no more
   * than `max` through.
   * @throws tooManyRequests with `Retry-After` when one of them is used up
   */
  take(limits: readonly Limit[]): Promise<void>
  /** Gives attempts back that turned out to be no failures. */
  giveBack(limits: readonly Limit[]): Promise<void>
}

export function createThrottle(db: Database): Throttle {
  return {
    async take(limits) {
      // Sorted, so that two statements with the same keys never wait for each other.
      const byDigest = new Map(limits.map((limit) => [digestOf(limit), limit]))
      const rows = [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1))
      const values = rows.map(
        ([digest, { windowSeconds }]) =>
          sql`(decode(${digest}, 'hex'), 1, now() + make_interval(secs => ${windowSeconds}))`,
      )
      const taken = await db.orm.execute<{ key: string; count: number; seconds: number }>(sql`
        insert into ${attempts} (key, count, resets_at) values ${sql.join(values, sql`, `)}
        on conflict (key) do update set
          count = case when ${attempts.resetsAt} <= now() then 1 else ${attempts.count} + 1 end,
          resets_at = case when ${attempts.resetsAt} <= now() then excluded.resets_at else ${attempts.resetsAt} end
        returning encode(key, 'hex') as key, count, ceil(extract(epoch from resets_at - now()))::int as seconds`)
      const exceeded = taken.filter(({ key, count }) => count > (byDigest.get(key)?.max ?? 0))
      if (exceeded.length === 0) return
      const retryAfter = Math.max(1, ...exceeded.map(({ seconds }) => seconds))
      throw tooManyRequests({ headers: { 'retry-after': `${retryAfter}` } })
    },

    async giveBack(limits) {
      if (limits.length === 0) return
      const keys = limits.map((limit) => sql`decode(${digestOf(limit)}, 'hex')`)
      await db.orm.execute(
        sql`update ${attempts} set count = greatest(count - 1, 0) where key in (${sql.join(keys, sql`, `)})`,
      )
    },
  }
}

const digestOf = ({ key }: Limit) => createHash('sha256').update(key).digest('hex')
