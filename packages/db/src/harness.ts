import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { expect, inject, onTestFinished } from 'vitest'
import { connect, type Database, type DatabaseOptions } from './connect.ts'
import { openConnection } from './connection.ts'
import { inTenant, type Tx } from './tenant.ts'

export const notes = pgTable('notes', {
  id: uuid().primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  body: text().notNull(),
})

export const tenantA = randomUUID()
export const tenantB = randomUUID()

export const note = (tenantId: string, body = 'x') => ({ id: randomUUID(), tenantId, body })

export const insertNote = (tenantId: string, body?: string) => (tx: Tx) =>
  tx.insert(notes).values(note(tenantId, body))

/** Runs statements one after the other in a session of their own. @returns the rows of the last */
export async function run(url: string, ...statements: string[]) {
  const { sql, end } = await openConnection({ url, applicationName: 'test', statementTimeoutMs: 0 })
  try {
    let rows: readonly Record<string, unknown>[] = []
    for (const statement of statements) rows = await sql.unsafe(statement)
    return rows
  } finally {
    await end()
  }
}

/** A database of its own on the server of `adminUrl`, with a table as services have them and their two roles. */
export async function createNotes(adminUrl = inject('postgresUrl')) {
  const name = `notes_${randomBytes(6).toString('hex')}`
  const [owner, app] = [`${name}_owner`, `${name}_app`]
  const urlOf = (username: string) =>
    Object.assign(new URL(adminUrl), { username, password: 'test', pathname: `/${name}` }).href
  await run(
    adminUrl,
    `create role ${owner} login password 'test'`,
    `create role ${app} login password 'test'`,
    `create database ${name} owner ${owner}`,
  )
  await run(
    urlOf(owner),
    'create table notes (id uuid primary key, tenant_id uuid not null, body text not null)',
    'alter table notes enable row level security',
    'alter table notes force row level security',
    `create policy tenant on notes using (current_setting('app.platform', true) = 'on'
       or tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)`,
    `grant select, insert, update, delete on notes to ${app}`,
  )
  return {
    url: urlOf(app),
    ownerUrl: urlOf(owner),
    asSuperuser: (...statements: string[]) =>
      run(Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href, ...statements),
  }
}

/** The application's connections to a database of its own; ended with the test. */
export async function connectToNotes(options: Partial<DatabaseOptions> = {}) {
  const database = await createNotes()
  const db = connect({ url: database.url, poolSize: 4, applicationName: 'test', ...options })
  onTestFinished(() => db.close())
  return { ...database, db }
}

export const backendPid = async (tx: Pick<Tx, 'execute'>) => {
  const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
  return row?.pid
}

export const unavailable = { statusCode: 503, code: 'database.unavailable', retryAfterSeconds: 1 }

/** So many transactions that are open all at the same moment, each on its own connection. */
export async function allConnectionsAtOnce(db: Database, count: number) {
  const everyone = Promise.withResolvers<void>()
  let present = 0
  const meet = () =>
    inTenant(db, tenantA, async (tx) => {
      await backendPid(tx)
      present += 1
      if (present === count) everyone.resolve()
      await everyone.promise
      return backendPid(tx)
    })
  const pids = await Promise.all(Array.from({ length: count }, meet))
  expect(new Set(pids).size).toBe(count)
}
