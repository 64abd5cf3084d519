import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { type SQL, sql } from 'drizzle-orm'
import { customType, index, integer, pgTable, timestamp } from 'drizzle-orm/pg-core'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/**
 * How often something was tried in a window of time, counted for all replicas. The key is a digest of what is counted. Its
 * SQL is in `attempts.sql`.
 */
export const attempts = pgTable(
  'attempts',
  {
    key: digest().primaryKey(),
    count: integer().notNull(),
    resetsAt: timestamp('resets_at', { withTimezone: true }).notNull(),
  },
  (t) => [index().on(t.resetsAt)],
)

/** What is counted, and how often it may happen in a window. */
export interface Limit {
  /** E.g. `login:account:ada@example.com`; only a digest of it is stored. */
  readonly key: string
  readonly max: number
  readonly windowSeconds: number
}

/** A limit that is used up. */
export interface Exhaustion {
  readonly limit: Limit
  readonly retryAfterSeconds: number
  /** Whether it is the first attempt of the window that found it so: the one to tell of. */
  readonly isFirst: boolean
}

/** Counts attempts for all replicas together. */
export interface Throttle {
  /**
   * Takes one attempt from each limit, in one statement, before what is limited is done: so many at once get no more
   * than `max` through. In their order: one that is used up leaves those behind it as they are, so that what is refused
   * for one address does not count against an account.
   * @throws tooManyRequests with `Retry-After` when one of them is used up
   */
  take(limits: readonly Limit[]): Promise<void>
  /** Takes as `take` does, and says which one is used up instead of throwing. */
  tryTake(limits: readonly Limit[]): Promise<Exhaustion | undefined>
  /** Gives attempts back that turned out to be no failures; in the order in which they were taken. */
  giveBack(limits: readonly Limit[]): Promise<void>
}

export function createThrottle(db: Database): Throttle {
  const tryTake: Throttle['tryTake'] = async (limits) => {
    if (limits.length === 0) return undefined
    const steps = limits.map((limit, step) => sql`${nameOf(step)} as (${takeOne(limit, step)})`)
    const results = limits.map(
      (_, step) => sql`select ${sql.raw(`${step}`)} as step, count, seconds from ${nameOf(step)}`,
    )
    const taken = await db.orm.execute<{ step: number; count: number; seconds: number }>(
      sql`with ${sql.join(steps, sql`, `)} ${sql.join(results, sql` union all `)}`,
    )
    const byStep = new Map(taken.map((row) => [row.step, row]))
    const refused = limits.findIndex(({ max }, step) => (byStep.get(step)?.count ?? Infinity) > max)
    const limit = limits[refused]
    if (!limit) return undefined
    const row = byStep.get(refused)
    const seconds = row?.seconds ?? (await secondsLeft(limit))
    return { limit, retryAfterSeconds: Math.max(1, seconds), isFirst: row !== undefined }
  }

  const secondsLeft = async (limit: Limit) => {
    const [row] = await db.orm.execute<{ seconds: number }>(
      sql`select ${seconds} as seconds from ${attempts} where key = ${digestOf(limit)}`,
    )
    return row?.seconds ?? 1
  }

  return {
    tryTake,

    async take(limits) {
      const exhaustion = await tryTake(limits)
      if (exhaustion) throw refusal(exhaustion)
    },

    async giveBack(limits) {
      if (limits.length === 0) return
      const keys = sql.join(
        limits.map((limit) => digestOf(limit)),
        sql`, `,
      )
      // Locked in the order in which they were taken, so that two statements never wait for each other.
      await db.orm.execute(sql`
        with theirs as (
          select key from ${attempts} where key in (${keys}) and resets_at > now()
          order by array_position(array[${keys}], key) for update
        )
        update ${attempts} set count = greatest(count - 1, 0) from theirs where ${attempts.key} = theirs.key`)
    },
  }
}

/** The answer to somebody for whom a limit is used up. */
export const refusal = ({ retryAfterSeconds }: Exhaustion) =>
  tooManyRequests({ headers: { 'retry-after': `${retryAfterSeconds}` } })

/**
 * What a client's attempts are counted by: its IPv4 address, or the /64 of its IPv6 address, which is the least that
 * anybody has. Takes an address in its canonical spelling, in which an IPv4-mapped one is IPv4.
 */
export function networkOf(sourceIp: string | undefined): string {
  if (sourceIp === undefined || !isIPv6(sourceIp)) return sourceIp ?? 'unknown'
  const [head = '', tail] = sourceIp.split('::')
  const groups = head.split(':').filter(Boolean)
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail?.split(':').filter(Boolean) ?? [])]
  return `${all.slice(0, 4).join(':')}::/64`
}

const nameOf = (step: number): SQL => sql.raw(`step${step}`)

const seconds = sql`ceil(extract(epoch from resets_at - now()))::int`

/**
 * Takes one attempt, if the limit before this one let it through. Counts to one more than the limit and no further: a
 * flood of attempts that are refused writes nothing.
 */
function takeOne(limit: Limit, step: number): SQL {
  const fresh = sql`select ${digestOf(limit)}, 1, now() + make_interval(secs => ${limit.windowSeconds})`
  const condition = step === 0 ? sql`` : sql` from ${nameOf(step - 1)} where is_open`
  const isOver = sql`${attempts.resetsAt} <= now()`
  return sql`
    insert into ${attempts} (key, count, resets_at) ${fresh}${condition}
    on conflict (key) do update set
      count = case when ${isOver} then 1 else ${attempts.count} + 1 end,
      resets_at = case when ${isOver} then excluded.resets_at else ${attempts.resetsAt} end
    where ${isOver} or ${attempts.count} <= ${limit.max}
    returning count, count <= ${limit.max} as is_open, ${seconds} as seconds`
}

const digestOf = ({ key }: Limit): SQL =>
  sql`decode(${createHash('sha256').update(key).digest('hex')}, 'hex')`
