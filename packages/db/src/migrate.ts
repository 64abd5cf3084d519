import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import * as z from 'zod'
import { openConnection } from './connection.ts'
import { databaseUnavailable } from './unavailable.ts'

interface MigrateOptions {
  /** `postgres://…`, as the role that owns the database. */
  readonly url: string
  /** As drizzle-kit writes it: SQL files and `meta/_journal.json`. */
  readonly folder: string
}

/**
 * Applies the migrations that the database lacks, in their order and all in one transaction; does nothing if it lacks
 * none. Of processes that do so at once, one does and the others wait for it. Throws a `databaseUnavailable` if there is
 * no connection, and else an error that names the migration: one that fails, also by waiting more than 5 s for a lock
 * of a table in use, or one that was changed after it had been applied.
 * @returns the names of those applied now
 */
export async function migrate({ url, folder }: MigrateOptions): Promise<readonly string[]> {
  const migrations = await readMigrations(folder)
  const connection = await openConnection({ url, applicationName: 'migrate', statementTimeoutMs: 0 }).catch(
    (error) => {
      throw databaseUnavailable(error)
    },
  )
  try {
    return await applyMissing(connection.sql, migrations)
  } finally {
    await connection.end()
  }
}

interface Migration {
  readonly name: string
  /** When it was made, in milliseconds since 1970: what drizzle tells migrations apart by. */
  readonly madeAt: number
  readonly hash: string
  readonly statements: readonly string[]
}

const journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.int() })) })

async function readMigrations(folder: string): Promise<Migration[]> {
  const { entries } = journal.parse(JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')))
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const text = await readFile(join(folder, `${tag}.sql`), 'utf8')
      const hash = createHash('sha256').update(text).digest('hex')
      return { name: tag, madeAt: when, hash, statements: text.split('--> statement-breakpoint') }
    }),
  )
}

// drizzle-kit's own record of what was applied.
const record = 'drizzle.__drizzle_migrations'

/** On a connection that ends afterwards, and with it the transaction if it is still open. */
async function applyMissing(sql: Sql, migrations: readonly Migration[]): Promise<string[]> {
  await sql.unsafe(`
    begin;
    set local lock_timeout = '5min';
    select pg_advisory_xact_lock(hashtextextended('gatehouse.migrate', 0));
    set local lock_timeout = '5s';
    create schema if not exists drizzle;
    create table if not exists ${record} (id serial primary key, hash text not null, created_at bigint)`)
  const rows = await sql.unsafe<{ hash: string; created_at: string }[]>(
    `select hash, created_at from ${record}`,
  )
  const applied = new Map(rows.map(({ created_at, hash }) => [Number(created_at), hash]))
  const changed = migrations.find(({ madeAt, hash }) => (applied.get(madeAt) ?? hash) !== hash)
  if (changed) throw new Error(`Migration ${changed.name} was changed after it had been applied.`)

  const missing = migrations.filter(({ madeAt }) => !applied.has(madeAt))
  for (const migration of missing) await apply(sql, migration)
  await sql.unsafe('commit')
  return missing.map(({ name }) => name)
}

async function apply(sql: Sql, { name, madeAt, hash, statements }: Migration) {
  try {
    for (const statement of statements) await sql.unsafe(statement)
    await sql.unsafe(`insert into ${record} (hash, created_at) values ($1, $2)`, [hash, madeAt])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Migration ${name} failed: ${reason}`, { cause: error })
  }
}
