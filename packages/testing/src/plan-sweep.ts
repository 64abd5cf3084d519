import type { Database } from '@gatehouse/db/connect'
import { openConnection } from '@gatehouse/db/connection'
import { afterAll, expect, inject } from 'vitest'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

/**
 * Keeps the statements that a service under test sends, and once the test file is over asks PostgreSQL how it would do
 * each if every table had a million rows and more: none may read a table, or an index, from one end to the other. So a
 * query is checked with the first test that sends it.
 * @param url of the database, as the role that row-level security binds
 * @param unbounded beginnings of those that may, since they are about everything that there is
 * @param small tables that may be, since they never have more than a few rows
 * @returns the database, for the service to be built with
 */
export function sweepPlans(
  db: Database,
  {
    url,
    unbounded = [],
    small = [],
  }: { url: string; unbounded?: readonly string[]; small?: readonly string[] },
): Database {
  const statements = new Set<string>()
  afterAll(async () => {
    const bounded = [...statements].filter((each) => !unbounded.some((start) => each.startsWith(start)))
    const { plans, empty } = await plansOf(url, bounded)
    const faults = plans.flatMap(([statement, plan]) =>
      readWhole(plan, empty)
        .filter((table) => !small.includes(table))
        .map((table) => `${table}: ${statement}`),
    )
    expect(faults, 'statements that read a table from one end to the other').toEqual([])
  })
  return recording(db, (statement) => {
    if (/^(with|select|insert|update|delete) /i.test(statement)) statements.add(statement)
  })
}

function recording(db: Database, record: (statement: string) => void): Database {
  const lease: Database['pool']['lease'] = async (ms) => {
    const leased = await db.pool.lease(ms)
    const send: typeof leased.send = (statement, ...rest) => {
      record(statement)
      return leased.send(statement, ...rest)
    }
    return Object.create(leased, { send: { value: send } })
  }
  return { ...db, pool: { ...db.pool, lease } }
}

/** How PostgreSQL does what `url`'s role asks for, in a database that it takes for a large one. */
async function plansOf(url: string, statements: readonly string[]) {
  const { pathname, username } = new URL(url)
  const admin = Object.assign(new URL(inject('postgresUrl')), { pathname })
  const { sql, end } = await openConnection({
    url: admin.href,
    applicationName: 'test',
    statementTimeoutMs: 10_000,
  })
  // It counts on so many rows for each page that a table really has.
  await sql.unsafe(`
    select pg_restore_relation_stats('schemaname', 'public', 'relname', relname::text, 'relpages', 1, 'reltuples', 1000000::real)
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`)
  // What has no page stays small to it, and best read whole: there, any index that serves has to do.
  await sql.unsafe('set enable_seqscan = off')
  const empty = await sql.unsafe(`
    select relname::text as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) = 0`)
  await sql.unsafe(`set role ${username}`)
  const plans: [string, Plan][] = []
  for (const statement of statements) {
    const [row] = await sql.unsafe(`explain (generic_plan, format json) ${statement}`).catch(unlessRefused)
    const [explained] = (row?.['QUERY PLAN'] ?? []) as { Plan: Plan }[]
    if (explained) plans.push([statement, explained.Plan])
  }
  await end()
  return { plans, empty: new Set(empty.map(({ name }) => `${name}`)) }
}

/** What the role may not do at all reads nothing. */
function unlessRefused(error: unknown) {
  if (error instanceof Error && 'code' in error && error.code === '42501') return []
  throw error
}

/** The tables of a plan that are read whole, but for a page of a list that is read in the order of an index. */
function readWhole(plan: Plan, empty: ReadonlySet<string>, isPage = false): string[] {
  const { 'Node Type': type, 'Relation Name': table = '', 'Index Cond': bound, Plans: inner = [] } = plan
  const isUnbound = /^Index (Only )?Scan$/.test(type) && bound === undefined && !empty.has(table)
  const isWhole = type === 'Seq Scan' || (isUnbound && !isPage)
  const isOfPage = type === 'Limit' || (isPage && type !== 'Sort' && type !== 'Aggregate')
  return [...(isWhole ? [table] : []), ...inner.flatMap((each) => readWhole(each, empty, isOfPage))]
}
