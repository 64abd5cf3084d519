import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { openConnection } from './connection.ts'
import { type Migration, readMigrations } from './migrations.ts'
import { databaseUnavailable } from './unavailable.ts'

interface Migrating {
  /** `postgres://…`, as the role that owns the database. */
  readonly url: string
  /** As drizzle-kit writes it: SQL files and `meta/_journal.json`. */
  readonly folder: string
  /** Gets the name of each migration as it begins. */
  readonly onBegin?: (name: string) => void
}

/** Which migrations the database has, and which it lacks, in their order. */
export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly missing: readonly string[]
}

/**
 * Applies the migrations that the database lacks, in their order; does nothing if it lacks none. Each is a transaction: one
 * that fails leaves nothing of itself, and the next run goes on with it. Only what PostgreSQL does outside of transactions
 * alone, `concurrently`, is done so. Of processes that migrate at once, one does and the others wait for it. Throws a
 * `databaseUnavailable` if there is no connection, and else an error that names the migration: one that fails, also by
 * waiting more than 5 s for a lock of a table in use, or one that was changed after it had been applied.
 * @returns the names of those applied now
 */
export async function migrate({ url, folder, onBegin }: Migrating): Promise<readonly string[]> {
  const migrations = await readMigrations(folder)
  return onConnection(url, async (sql) => {
    await waitForTurn(sql)
    await sql.unsafe(`
      set lock_timeout = '5s';
      create schema if not exists drizzle;
      create table if not exists ${record} (id serial primary key, hash text not null, created_at bigint)`)
    const missing = lackingOf(migrations, await appliedOn(sql))
    for (const migration of missing) {
      onBegin?.(migration.name)
      await apply(sql, migration)
    }
    return missing.map(({ name }) => name)
  })
}

/** Says what `migrate` would do, and changes nothing. Throws as that does. */
export async function migrationStatus({ url, folder }: Migrating): Promise<MigrationStatus> {
  const migrations = await readMigrations(folder)
  return onConnection(url, async (sql) => {
    const [{ there } = { there: null }] = await sql.unsafe(`select to_regclass('${record}') as there`)
    const lacking = lackingOf(migrations, there === null ? new Map() : await appliedOn(sql))
    const missing = lacking.map(({ name }) => name)
    const names = migrations.map(({ name }) => name)
    return { applied: names.filter((name) => !missing.includes(name)), missing }
  })
}

// drizzle-kit's own record of what was applied.
const record = 'drizzle.__drizzle_migrations'

/** On a connection that ends afterwards, and with it the lock and a transaction that is still open. */
async function onConnection<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const connection = await openConnection({ url, applicationName: 'migrate', statementTimeoutMs: 0 }).catch(
    (error) => {
      throw databaseUnavailable(error)
    },
  )
  try {
    return await work(connection.sql)
  } finally {
    await connection.end()
  }
}

/** Asks again and again: who waited inside a statement would be what an index that is made concurrently waits for. */
async function waitForTurn(sql: Sql) {
  for (;;) {
    const [row] = await sql.unsafe<{ mine: boolean }[]>(
      `select pg_try_advisory_lock(hashtextextended('gatehouse.migrate', 0)) as mine`,
    )
    if (row?.mine) return
    await sleep(100)
  }
}

/** By when it was made, the hash of each migration. */
async function appliedOn(sql: Sql): Promise<ReadonlyMap<number, string>> {
  const rows = await sql.unsafe<{ hash: string; created_at: string }[]>(
    `select hash, created_at from ${record}`,
  )
  return new Map(rows.map(({ created_at, hash }) => [Number(created_at), hash]))
}

function lackingOf(migrations: readonly Migration[], applied: ReadonlyMap<number, string>) {
  const changed = migrations.find(({ madeAt, hash }) => (applied.get(madeAt) ?? hash) !== hash)
  if (changed) throw new Error(`Migration ${changed.name} was changed after it had been applied.`)
  return migrations.filter(({ madeAt }) => !applied.has(madeAt))
}

async function apply(sql: Sql, { name, madeAt, hash, statements, isConcurrent }: Migration) {
  try {
    await sql.unsafe(isConcurrent ? `set lock_timeout = '10min'` : 'begin')
    for (const statement of statements) await sql.unsafe(statement)
    await sql.unsafe(`insert into ${record} (hash, created_at) values ($1, $2)`, [hash, madeAt])
    await sql.unsafe(isConcurrent ? `set lock_timeout = '5s'` : 'commit')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Migration ${name} failed: ${reason}`, { cause: error })
  }
}
