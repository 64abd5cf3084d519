import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { jetstream } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as given from './harness.ts'
import { emit } from './outbox.ts'
import { revoke } from './revocation.ts'

const soon = { timeout: 15_000, interval: 20 }

async function setUp() {
  const [database, nats] = await Promise.all([given.createOutboxDatabase(), given.startOwnNats()])
  return { ...database, nats }
}

const emitTo = (db: Awaited<ReturnType<typeof setUp>>['db'], session: string, version: number) =>
  inTenant(db, given.tenant, (tx) => emit(tx, 'session.started', given.sessionStarted(session, version)))

test('an event arrives if its transaction commits, and only then', async () => {
  const { db, nats } = await setUp()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const undone = inTenant(db, given.tenant, async (tx) => {
    await emit(tx, 'session.started', given.sessionStarted())
    throw new Error('on second thoughts')
  })
  await expect(undone).rejects.toThrow('on second thoughts')
  const session = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([session]), soon)
})

test('nothing is lost when sixteen writers commit slowly and in any order', async () => {
  const { db, nats } = await setUp()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const written: string[] = []
  const write = async () => {
    for (let i = 0; i < 25; i++) {
      const session = uuidv7()
      await inTenant(db, given.tenant, async (tx) => {
        await emit(tx, 'session.started', given.sessionStarted(session))
        await tx.execute(sql`select pg_sleep(random() * 0.05)`)
      })
      written.push(session)
    }
  }
  await Promise.all(Array.from({ length: 16 }, write))
  await vi.waitFor(() => expect(sessions().sort()).toEqual(written.sort()), soon)
})

test('changes of one thing arrive in the order of their versions, whichever transaction began first', async () => {
  const { db, nats, asSuperuser } = await setUp()
  const { handled } = given.auditOf(nats.as('audit'))
  const session = uuidv7()
  await inTenant(db, given.tenant, async (tx) => {
    await emit(tx, 'session.started', given.sessionStarted())
    await emitTo(db, session, 1)
    await emit(tx, 'session.started', given.sessionStarted(session, 2))
  })
  const [rows] = await asSuperuser(`select count(*)::int as unsent from outbox where sent_at is null`)
  expect(rows).toEqual({ unsent: 3 })
  given.relayOf({ db, nats: nats.as('auth') })
  await vi.waitFor(() => expect(handled).toHaveLength(3), soon)
  const versions = handled.filter(({ envelope }) => envelope.subject === `session/${session}`)
  expect(versions.map(({ envelope }) => envelope.aggregateversion)).toEqual([1, 2])
})

test('a message that no stream takes holds back what follows on the same thing, and nothing else', async () => {
  const { db, nats, asSuperuser } = await setUp()
  const { sessions } = given.auditOf(nats.as('audit'))
  const session = uuidv7()
  await emitTo(db, session, 1)
  await asSuperuser(`update outbox set subject = 'identity.directory.session.started'`)
  await emitTo(db, session, 2)
  const other = await given.start(db)
  given.relayOf({ db, nats: nats.as('auth') })
  await vi.waitFor(() => expect(sessions()).toEqual([other]), soon)
  const another = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([other, another]), soon)
})

test('a transaction that hangs, in whatever database, holds back no event but its own', async () => {
  const { db, nats } = await setUp()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  await given.hold(given.postgresUrl(), 'select pg_current_xact_id()')
  const session = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([session]), soon)
})

test('a relay killed before it could note what it had sent is followed by another, which sends that again', async () => {
  const { db, url, adminUrl, asSuperuser, nats } = await setUp()
  const manager = await nats.manager()
  await manager.streams.update('IDENTITY', { duplicate_window: nanos(100) })
  const { handled, sessions } = given.auditOf(nats.as('audit'))
  const session = await given.start(db)
  const release = await given.hold(adminUrl, 'select from outbox for update')

  const script = fileURLToPath(new URL('./relay-harness.ts', import.meta.url))
  const killed = spawn(process.execPath, [script, url, nats.url, given.password], { stdio: 'ignore' })
  onTestFinished(() => void killed.kill('SIGKILL'))
  await vi.waitFor(() => expect(sessions()).toEqual([session]), soon)
  const isNoting = async () =>
    expect(
      await asSuperuser(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    ).toHaveLength(1)
  await vi.waitFor(isNoting, soon)

  given.relayOf({ db, nats: nats.as('auth') })
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await untilForgotten(nats)
  await release()
  await vi.waitFor(() => expect(sessions()).toEqual([session, session]), soon)
  expect(new Set(handled.map(({ envelope }) => envelope.id)).size).toBe(1)
  const allSent = async () =>
    expect(await asSuperuser('select from outbox where sent_at is null')).toEqual([])
  await vi.waitFor(allSent, soon)
})

/** Waits until the stream would take again what it was given before. */
async function untilForgotten(nats: given.OwnNats) {
  const js = jetstream(await nats.as('auth').connection())
  const probe = () => js.publish('identity.auth.probe.sent', '', { msgID: 'probe' })
  await probe()
  await vi.waitFor(async () => expect((await probe()).duplicate).toBe(false), soon)
}

test('of several events those that the stream has already are not kept twice, and the others arrive', async () => {
  const { db, nats, asSuperuser } = await setUp()
  const written = [await given.start(db), await given.start(db), await given.start(db)]
  const [{ id, subject } = {}] = await asSuperuser(
    'select event_id as id, subject from outbox offset 1 limit 1',
  )
  const js = jetstream(await nats.as('auth').connection())
  await js.publish(`${subject}`, '{}', { msgID: `${id}` })
  given.relayOf({ db, nats: nats.as('auth') })
  const allSent = async () =>
    expect(await asSuperuser('select from outbox where sent_at is null')).toEqual([])
  await vi.waitFor(allSent, soon)
  const { state } = await (await nats.manager()).streams.info('IDENTITY')
  expect(state.messages).toBe(written.length)
})

test('of two relays of one database one sends at a time', async () => {
  const { db, url, nats } = await setUp()
  const elsewhere = connect({ url, poolSize: 10, applicationName: 'test' })
  onTestFinished(() => elsewhere.close())
  const connections = [nats.as('auth'), nats.as('auth')] as const
  given.relayOf({ db, nats: connections[0] })
  given.relayOf({ db: elsewhere, nats: connections[1] })
  const { sessions } = given.auditOf(nats.as('audit'))
  const written: string[] = []
  const write = async (_: unknown, writer: number) => {
    for (let i = 0; i < 40; i++) written.push(await given.start(writer % 2 ? db : elsewhere))
  }
  await Promise.all(Array.from({ length: 8 }, write))
  await vi.waitFor(() => expect(sessions().sort()).toEqual(written.sort()), soon)
  const published = await Promise.all(
    connections.map(async (each) => (await each.connection()).stats().outMsgs),
  )
  expect(published.reduce((sum, n) => sum + n)).toBe(320)
})

test('what happens while NATS is down arrives when it is back', async () => {
  const { db, nats } = await setUp()
  const relay = given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const before = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([before]), soon)
  await nats.kill()
  const during = await Promise.all(Array.from({ length: 50 }, () => given.start(db)))
  await vi.waitFor(() => expect(relay.backlog()).toMatchObject({ depth: 50 }), soon)
  expect(relay.backlog().oldestSeconds).toBeGreaterThan(0)
  await nats.start()
  await vi.waitFor(() => expect(new Set(sessions())).toEqual(new Set([before, ...during])), soon)
  await vi.waitFor(() => expect(relay.backlog()).toEqual({ depth: 0, oldestSeconds: 0 }), soon)
})

test('a NATS that lost its volume is filled again from what was not sent yet', async () => {
  const { db, nats } = await setUp()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const before = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([before]), soon)
  await nats.kill()
  const during = await given.start(db)
  await nats.empty()
  await nats.start()
  await nats.ensureStreams()
  const after = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([before, during, after]), soon)
})

test('a relay that starts before NATS does sends when that has come', async () => {
  const { db, nats } = await setUp()
  await nats.kill()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const session = await given.start(db)
  await nats.start()
  await vi.waitFor(() => expect(sessions()).toEqual([session]), soon)
})

test('a relay outlives the end of all its database connections', async () => {
  const { db, nats, asSuperuser } = await setUp()
  given.relayOf({ db, nats: nats.as('auth') })
  const { sessions } = given.auditOf(nats.as('audit'))
  const before = await given.start(db)
  await vi.waitFor(() => expect(sessions()).toEqual([before]), soon)
  await asSuperuser(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  const after = await vi.waitFor(() => given.start(db), soon)
  await vi.waitFor(() => expect(sessions()).toEqual([before, after]), soon)
})

test('a relay that is stopped first sends what is there', async () => {
  const { db, url, nats, asSuperuser } = await setUp()
  const relay = given.relayOf({ db, nats: nats.as('auth'), pollMs: 60_000 })
  await given.start(db)
  await vi.waitFor(
    async () => expect(await asSuperuser('select from outbox where sent_at is null')).toEqual([]),
    soon,
  )
  const elsewhere = connect({ url, poolSize: 1, applicationName: 'test' })
  onTestFinished(() => elsewhere.close())
  await given.start(elsewhere)
  await relay.stop()
  expect(await asSuperuser('select from outbox where sent_at is null')).toEqual([])
})

test('a revocation goes out at once, and takes along the events that were gathered till then', async () => {
  const { db, nats, asSuperuser } = await setUp()
  given.relayOf({ db, nats: nats.as('auth'), pollMs: 60_000, gatherMs: 60_000 })
  const unsent = async () => (await asSuperuser('select from outbox where sent_at is null')).length
  const end = (id: string) => inTenant(db, given.tenant, (tx) => revoke(tx, { ...session, id }))
  const session = { tenantId: given.tenant, kind: 'session' } as const
  await end(uuidv7())
  await vi.waitFor(async () => expect(await unsent()).toBe(0), soon)
  await given.start(db)
  expect(await unsent()).toBe(1)
  await end(uuidv7())
  await vi.waitFor(async () => expect(await unsent()).toBe(0), soon)
})

test('what was sent more than a week ago is cleared away, and nothing else', async () => {
  const { db, nats, asSuperuser } = await setUp()
  await nats.kill()
  const [old, recent, unsent] = [await given.start(db), await given.start(db), await given.start(db)]
  const set = (session: string, sent: string) =>
    asSuperuser(
      `update outbox set occurred_at = now() - interval '9 days', sent_at = ${sent} where aggregate_id = '${session}'`,
    )
  await set(old, `now() - interval '8 days'`)
  await set(recent, `now() - interval '6 days'`)
  await set(unsent, 'null')
  given.relayOf({ db, nats: nats.as('auth') })
  const left = async () =>
    (await asSuperuser('select aggregate_id from outbox order by position')).map(
      ({ aggregate_id }) => aggregate_id,
    )
  await vi.waitFor(async () => expect(await left()).toEqual([recent, unsent]), soon)
})
