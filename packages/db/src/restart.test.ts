import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@gatehouse/local/postgresql/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connect, type Database } from './connect.ts'
import { allConnectionsAtOnce, createNotes, note, notes, tenantA, unavailable } from './harness.ts'
import { inTenant } from './tenant.ts'

const poolSize = 8

test('PostgreSQL may crash and cut its clients off under load, and nothing else breaks', {
  timeout: 60_000,
}, async () => {
  const postgres = await startOwnPostgres()
  const { url, asSuperuser } = await createNotes(postgres.url)
  const db = connect({ url, poolSize, applicationName: 'load' })
  onTestFinished(() => db.close())
  const uncaught = watchUncaught()
  const load = startLoad(db, 2 * poolSize)

  for (let time = 0; time < 4; time += 1) {
    await load.goesOn()
    await postgres.restart()
  }
  for (let time = 0; time < 3; time += 1) {
    await load.goesOn()
    await asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'load'`,
    )
  }
  await load.goesOn()
  await load.stop()

  expect(uncaught).toEqual([])
  expect(load.failures.length).toBeGreaterThan(0)
  for (const failure of load.failures) expect(failure).toMatchObject(unavailable)
  expect(load.longestMs()).toBeLessThan(10_000)
  await allConnectionsAtOnce(db, poolSize)
  const kept = new Set((await asSuperuser('select id from notes')).map(({ id }) => id))
  expect(load.acknowledged.filter((id) => !kept.has(id))).toEqual([])
})

async function startOwnPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-restart-'))
  const postgres = await startPostgres({ folder })
  onTestFinished(async () => {
    await postgres.stop()
    await rm(folder, { recursive: true })
  })
  return postgres
}

function watchUncaught() {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', note).on('unhandledRejection', note)
  onTestFinished(() => void process.off('uncaughtException', note).off('unhandledRejection', note))
  return uncaught
}

/** So many writers, each with one transaction at a time. */
function startLoad(db: Database, writers: number) {
  const acknowledged: string[] = []
  const failures: unknown[] = []
  let longestMs = 0
  let isStopped = false
  async function write() {
    const row = note(tenantA)
    const startedAt = performance.now()
    try {
      await inTenant(db, tenantA, (tx) => tx.insert(notes).values(row))
      acknowledged.push(row.id)
    } catch (error) {
      failures.push(error)
    }
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  }
  const ended = Promise.all(
    Array.from({ length: writers }, async () => {
      while (!isStopped) await write()
    }),
  )
  return {
    acknowledged,
    failures,
    longestMs: () => longestMs,
    async goesOn() {
      const before = acknowledged.length
      await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 100), 10_000)
    },
    async stop() {
      isStopped = true
      await ended
    },
  }
}
