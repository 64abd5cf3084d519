import { connect } from '@gatehouse/db/connect'
import { openConnection } from '@gatehouse/db/connection'
import { prepared } from '@gatehouse/db/orm'
import type { Platform } from '@gatehouse/local/platform'
import { eq, sql } from 'drizzle-orm'
import { integer, pgTable } from 'drizzle-orm/pg-core'
import type { Case } from '../case.ts'
import { registerPeople } from '../people.ts'
import { refreshing } from '../refreshing.ts'

const concurrency = 64
const seconds = 5
const poolSize = 8

/** All of a refresh, beside the one statement that it can't do without. */
export const refresh: Case = {
  id: 'P5',
  title: `refresh, ${concurrency} sessions at once, beside the bare durable compare-and-swap update`,
  unit: 'refreshes/s',
  goal: { ratioAtLeast: 0.6 },
  async prepare(platform) {
    const people = await registerPeople(platform, concurrency)
    const tokens = people.map(({ refreshToken }) => refreshToken)
    const bare = await bareUpdates(platform)
    return {
      ours: async () => (await refreshing({ url: platform.services.auth.url, tokens, seconds })).perSecond,
      reference: bare.run,
      dispose: bare.dispose,
    }
  },
}

/** A refresh in a database with a million sessions, beside one with a thousand. */
export const refreshAmongMany: Case = {
  id: 'P12',
  title: 'refresh among 1,000,000 sessions, the slowest of a hundred, beside that among 1,000',
  unit: 'ms',
  goal: { ratioAtMost: 1.5 },
  async prepare(platform) {
    const people = await registerPeople(platform, 16)
    const tokens = people.map(({ refreshToken }) => refreshToken)
    const round = async () => (await refreshing({ url: platform.services.auth.url, tokens, seconds })).p99
    await fill(platform, 1_000)
    await round()
    const few = [await round(), await round(), await round()].sort((a, b) => a - b)
    await fill(platform, 1_000_000)
    return { ours: round, reference: async () => few[1] ?? Number.NaN, dispose: async () => {} }
  },
}

const counters = pgTable('counters', { id: integer().primaryKey(), version: integer().notNull() })

const compareAndSwap = prepared((orm) =>
  orm
    .update(counters)
    .set({ version: sql`${counters.version} + 1` })
    .where(sql`${eq(counters.id, sql.placeholder('id'))} and version = ${sql.placeholder('version')}`)
    .returning({ version: counters.version })
    .prepare('compare_and_swap'),
)

/** A table of its own on the platform's server, in which as many rows as there are sessions are updated in turn. */
async function bareUpdates({ databaseUrl }: Platform) {
  const database = `bare_${crypto.randomUUID().slice(0, 8)}`
  await run(databaseUrl, [`create database ${database}`])
  const url = Object.assign(new URL(databaseUrl), { pathname: `/${database}` }).href
  await run(url, [
    'create table counters (id int primary key, version int not null)',
    `insert into counters select n, 0 from generate_series(0, ${concurrency - 1}) n`,
  ])
  const { orm, close } = connect({ url, poolSize, applicationName: 'bench' })
  const versions = Array.from({ length: concurrency }, () => 0)
  const swapUntil = async (id: number, until: number) => {
    let swaps = 0
    while (performance.now() < until) {
      const [row] = await compareAndSwap(orm).execute({ id, version: versions[id] ?? 0 })
      if (!row) throw new Error('nothing was swapped')
      versions[id] = row.version
      swaps += 1
    }
    return swaps
  }
  return {
    async run() {
      const until = performance.now() + seconds * 1000
      const swaps = await Promise.all(versions.map((_, id) => swapUntil(id, until)))
      return swaps.reduce((sum, each) => sum + each, 0) / seconds
    },
    async dispose() {
      await close()
      await run(databaseUrl, [`drop database ${database}`])
    },
  }
}

/** Puts so many sessions into auth's database, each with a spent refresh token and one that is not. */
async function fill({ databaseUrl }: Platform, count: number) {
  const url = Object.assign(new URL(databaseUrl), { pathname: '/gatehouse_auth' }).href
  await run(url, [
    `create temp table many as
       select gen_random_uuid() id, gen_random_uuid() tenant_id, gen_random_uuid() user_id from generate_series(1, ${count})`,
    `insert into sessions (id, tenant_id, user_id, expires_at)
       select id, tenant_id, user_id, now() + random() * interval '30 days' from many`,
    `insert into refresh_tokens (digest, tenant_id, session_id, expires_at, used_at)
       select sha256((id::text || n)::bytea), tenant_id, id, now() + random() * interval '7 days', case when n = 1 then now() end
       from many, generate_series(1, 2) n`,
    'vacuum analyze sessions',
    'vacuum analyze refresh_tokens',
    'checkpoint',
  ])
}

async function run(url: string, statements: readonly string[]) {
  const { sql, end } = await openConnection({ url, applicationName: 'bench', statementTimeoutMs: 0 })
  try {
    for (const statement of statements) await sql.unsafe(statement)
  } finally {
    await end()
  }
}
