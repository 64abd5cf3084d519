import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openConnection } from './connection.ts'
import {
  backendPid,
  connectToNotes,
  createNotes,
  insertNote,
  notes,
  tenantA,
  unavailable,
} from './harness.ts'
import { createPool } from './pool.ts'
import { inTenant, readInTenant } from './tenant.ts'

const sessionsOf = `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'auth'`
const endSessions = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'auth' and datname = current_database()`

/** A transaction that stays open till it is told to end. */
function hold(db: Parameters<typeof inTenant>[0]) {
  const entered = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const done = inTenant(db, tenantA, async (tx) => {
    await insertNote(tenantA)(tx)
    entered.resolve()
    await end.promise
  })
  return { entered: entered.promise, end: end.resolve, done }
}

test('nothing connects before the first query', async () => {
  const { db, asSuperuser } = await connectToNotes({ applicationName: 'auth' })
  expect(await asSuperuser(sessionsOf)).toEqual([{ n: 0 }])
  await db.ping()
  expect(await asSuperuser(sessionsOf)).toEqual([{ n: 1 }])
})

test('every session bounds statements, locks and idle transactions', async () => {
  const { db } = await connectToNotes()
  const [row] = await db.orm.execute(sql`select current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`)
  expect(row).toEqual({ statement: '10s', lock: '5s', idle: '10s' })
})

test('there are never more connections than the pool may have', async () => {
  const { db, asSuperuser } = await connectToNotes({ applicationName: 'auth', poolSize: 3 })
  const asked = Array.from({ length: 30 }, () => readInTenant(db, tenantA, backendPid))
  expect(db.pool.use()).toEqual({ size: 3, open: 0, idle: 0, waiting: 30 })
  const pids = await Promise.all(asked)
  expect(new Set(pids).size).toBeLessThanOrEqual(3)
  const [{ n } = {}] = await asSuperuser(sessionsOf)
  expect(n).toBeLessThanOrEqual(3)
})

test('where the server has no room for more connections, those that there are serve everyone', async () => {
  const { db, asSuperuser, url } = await connectToNotes({ poolSize: 6 })
  await asSuperuser(`alter role ${new URL(url).username} connection limit 2`)
  await db.ping()
  const writes = Array.from({ length: 40 }, () => inTenant(db, tenantA, insertNote(tenantA)))
  await Promise.all(writes)
  expect(await readInTenant(db, tenantA, (tx) => tx.$count(notes))).toBe(40)
})

test('who gets no connection in time may try again, and holds nobody else up', async () => {
  const { db } = await connectToNotes({ poolSize: 1 })
  const holder = hold(db)
  await holder.entered
  await expect(inTenant(db, tenantA, insertNote(tenantA))).rejects.toMatchObject(unavailable)
  holder.end()
  await holder.done
  expect(await readInTenant(db, tenantA, (tx) => tx.$count(notes))).toBe(1)
})

test('who waits for a connection gets a new one when another is lost', async () => {
  const { db, asSuperuser } = await connectToNotes({ applicationName: 'auth', poolSize: 1 })
  const holder = hold(db)
  await holder.entered
  const waiting = inTenant(db, tenantA, insertNote(tenantA))
  const isTold = expect(holder.done).rejects.toMatchObject(unavailable)
  await asSuperuser(endSessions)
  await Promise.all([waiting, isTold])
})

test('work that is doing something else when its connection is lost is not waited for', async () => {
  const { db, asSuperuser } = await connectToNotes({ applicationName: 'auth' })
  const holder = hold(db)
  await holder.entered
  const isTold = expect(holder.done).rejects.toMatchObject(unavailable)
  await asSuperuser(endSessions)
  await isTold
})

test('closing waits for what is under way, ends every session, and refuses what comes later', async () => {
  const { db, asSuperuser } = await connectToNotes({ applicationName: 'auth' })
  const holder = hold(db)
  await holder.entered
  const closed = db.close()
  await expect(db.ping()).rejects.toMatchObject(unavailable)
  holder.end()
  await holder.done
  await closed
  expect(await asSuperuser(`${sessionsOf} and state <> 'idle'`)).toEqual([{ n: 0 }])
  expect(await asSuperuser('select count(*)::int as n from notes')).toEqual([{ n: 1 }])
})

test('a connection is replaced when it has grown old', async () => {
  const { url } = await createNotes()
  const pool = createPool(() => openConnection({ url, applicationName: 'test', statementTimeoutMs: 0 }), 1, 0)
  const pids = new Set<unknown>()
  for (let time = 0; time < 3; time += 1) {
    const { send, release } = await pool.lease(5_000)
    const [row] = await send<{ pid: number }[]>('select pg_backend_pid() as pid')
    pids.add(row?.pid)
    release()
  }
  await pool.close(5_000)
  expect(pids.size).toBe(3)
})
