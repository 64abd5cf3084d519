import { prepared, statement } from '@gatehouse/db/orm'
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

const seconds = sql`ceil(extract(epoch from resets_at - now()))::int`

/** Nobody waits for the disk: a database that crashes may forget the attempts of its last second. */
const unsynchronized = sql`set_config('synchronous_commit', 'off', true)`

const digestAt = (step: number) => sql`decode(${sql.placeholder(`digest${step}`)}, 'hex')`
const nameOf = (step: number) => sql.raw(`step${step}`)

/** The statements for so many limits, which are planned once; their values are `digest0`, `max0` and `window0` and so on. */
export const statementsFor = memoized((count) => {
  const steps = Array.from({ length: count }, (_, step) => step)
  const taking = steps.map((step) => sql`${nameOf(step)} as (${takeOne(step)})`)
  const results = steps.map(
    (step) =>
      sql`select ${sql.raw(`${step}`)} as step, count, seconds, ${unsynchronized} from ${nameOf(step)}`,
  )
  const keys = sql.join(steps.map(digestAt), sql`, `)
  const left = sql`select ${seconds} as seconds from ${attempts} where key = ${keys}`
  return {
    take: prepared((orm) =>
      statement<{ step: number; count: number; seconds: number }>(
        orm,
        sql`with ${sql.join(taking, sql`, `)} ${sql.join(results, sql` union all `)}`,
      ),
    ),
    /** Of one limit. */
    secondsLeft: prepared((orm) => statement<{ seconds: number }>(orm, left)),
    // Locked in the order in which they were taken, so that two statements never wait for each other.
    giveBack: prepared((orm) =>
      statement(
        orm,
        sql`with theirs as (
          select key from ${attempts} where key in (${keys}) and resets_at > now()
          order by array_position(array[${keys}], key) for update
        )
        update ${attempts} set count = greatest(count - 1, 0) from theirs where ${attempts.key} = theirs.key
        returning ${unsynchronized}`,
      ),
    ),
  }
})

function memoized<T>(make: (count: number) => T): (count: number) => T {
  const made = new Map<number, T>()
  return (count) => {
    const known = made.get(count) ?? make(count)
    made.set(count, known)
    return known
  }
}

/**
 * Takes one attempt, if the limit before this one let it through. Counts to one more than the limit and no further: a
 * flood of attempts that are refused writes nothing.
 */
function takeOne(step: number): SQL {
  const [window, max] = [sql.placeholder(`window${step}`), sql.placeholder(`max${step}`)]
  const fresh = sql`select ${digestAt(step)}, 1, now() + make_interval(secs => ${window}::float8)`
  const condition = step === 0 ? sql`` : sql` from ${nameOf(step - 1)} where is_open`
  const isOver = sql`${attempts.resetsAt} <= now()`
  return sql`
    insert into ${attempts} (key, count, resets_at) ${fresh}${condition}
    on conflict (key) do update set
      count = case when ${isOver} then 1 else ${attempts.count} + 1 end,
      resets_at = case when ${isOver} then excluded.resets_at else ${attempts.resetsAt} end
    where ${isOver} or ${attempts.count} <= ${max}::int
    returning count, count <= ${max}::int as is_open, ${seconds} as seconds`
}
