import { connect } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as given from './harness.ts'
import { type FindMissing, startReconciler } from './reconciler.ts'
import { revoke } from './revocation.ts'

const soon = { timeout: 15_000, interval: 20 }

async function setUp() {
  const [database, nats] = await Promise.all([given.createOutboxDatabase(), given.startOwnNats()])
  /** Every event that was sent, in the order of sending. */
  const sent = async () =>
    (
      await database.asSuperuser(
        `select event_id::text as id from outbox where sent_at is not null and subject like 'identity.%' order by sent_at`,
      )
    ).map(({ id }) => `${id}`)
  const allSent = () =>
    vi.waitFor(
      async () => expect(await database.asSuperuser('select from outbox where sent_at is null')).toEqual([]),
      soon,
    )
  return { ...database, nats, sent, allSent }
}
type SetUp = Awaited<ReturnType<typeof setUp>>

const nothingIsMissing: FindMissing = async () => []

/** A relay and a reconciler, and the ids that it asks about, request by request. */
function sending({ db, nats }: Pick<SetUp, 'db' | 'nats'>, findMissing = nothingIsMissing, more = {}) {
  const own = nats.as('auth')
  const asked: string[][] = []
  const ask: FindMissing = (events) => {
    asked.push(events.map(({ id }) => id))
    return findMissing(events)
  }
  const reconciler = startReconciler({
    db,
    nats: own,
    log: given.silent,
    settleMs: 0,
    findMissing: ask,
    ...more,
  })
  onTestFinished(reconciler.stop)
  given.relayOf({ db, nats: own, onStreamLost: reconciler.hurry })
  return { asked, ...reconciler }
}

/** An audit that begins when it is told to, and what it answers about what it was handed. */
function auditToCome({ nats }: SetUp) {
  let audit: ReturnType<typeof given.auditOf> | undefined
  const findMissing: FindMissing = async (events) => {
    const recorded = new Set(audit?.handled.map(({ envelope }) => envelope.id))
    return events.map(({ id }) => id).filter((id) => !recorded.has(id))
  }
  const begin = () => {
    audit = given.auditOf(nats.as('audit'))
    return audit
  }
  return { begin, findMissing }
}

test('what was sent to a NATS that lost its volume arrives after all, though nothing new is sent', async () => {
  const it = await setUp()
  const { begin, findMissing } = auditToCome(it)
  const { found } = sending(it, findMissing)
  const sessions = [await given.start(it.db), await given.start(it.db), await given.start(it.db)]
  await it.allSent()
  await it.nats.kill()
  await it.nats.empty()
  await it.nats.start()
  await it.nats.ensureStreams()
  const audit = begin()
  await vi.waitFor(() => expect(new Set(audit.sessions())).toEqual(new Set(sessions)), soon)
  expect(found()).toBeGreaterThanOrEqual(sessions.length)
})

test('what was sent to a stream that was made anew, with NATS there all the time, arrives with the next event', async () => {
  const it = await setUp()
  const { begin, findMissing } = auditToCome(it)
  sending(it, findMissing)
  const lost = [await given.start(it.db), await given.start(it.db)]
  await it.allSent()
  await (await it.nats.manager()).streams.delete('IDENTITY')
  await it.nats.ensureStreams()
  const audit = begin()
  const next = await given.start(it.db)
  await vi.waitFor(() => expect(new Set(audit.sessions())).toEqual(new Set([...lost, next])), soon)
})

test('nothing is sent again that audit has', async () => {
  const it = await setUp()
  const { begin, findMissing } = auditToCome(it)
  const audit = begin()
  const { asked, hurry, found } = sending(it, findMissing)
  const session = await given.start(it.db)
  await vi.waitFor(() => expect(audit.sessions()).toEqual([session]), soon)
  await it.allSent()
  hurry()
  await vi.waitFor(async () => expect(asked).toContainEqual(await it.sent()), soon)
  expect(found()).toBe(0)
  expect((await (await it.nats.manager()).streams.info('IDENTITY')).state.messages).toBe(1)
})

test('what audit has confirmed it is not asked about again, but for the last quarter of an hour; once a day it is all', async () => {
  const it = await setUp()
  const old = [await given.start(it.db), await given.start(it.db)]
  await it.asSuperuser(`update outbox set sent_at = now() - interval '1 hour'`)
  const first = sending(it)
  await vi.waitFor(async () => expect(first.asked).toEqual([await it.sent()]), soon)
  const recent = await given.start(it.db)
  await it.allSent()

  const ids = await it.sent()
  const nextRounds = async (expected: readonly string[]) => {
    first.asked.length = 0
    first.hurry()
    await vi.waitFor(() => expect(first.asked.length).toBeGreaterThan(0), soon)
    expect(first.asked[0]).toEqual(expected)
  }
  expect(ids).toHaveLength(old.length + [recent].length)
  await nextRounds(ids.slice(-1))
  await nextRounds(ids.slice(-1))
  await it.asSuperuser(`update reconciliation set swept_at = now() - interval '25 hours'`)
  await nextRounds(ids)
  await nextRounds(ids.slice(-1))
})

test('what was just sent is asked about by itself within a minute, and a gap in it is closed', async () => {
  const it = await setUp()
  await given.start(it.db)
  await it.asSuperuser(`update outbox set sent_at = now() - interval '1 minute'`)
  const [confirmed] = await it.sent()
  const { begin, findMissing } = auditToCome(it)
  const { asked, found } = sending(
    it,
    async (events) => (await findMissing(events)).filter((id) => id !== confirmed),
    { lookEveryMs: 50 },
  )
  await vi.waitFor(() => expect(asked).toEqual([[confirmed]]), soon)
  const session = await given.start(it.db)
  await vi.waitFor(() => expect(found()).toBeGreaterThan(0), soon)
  const audit = begin()
  await vi.waitFor(() => expect(audit.sessions()).toContain(session), soon)
  expect(asked.slice(1).flat()).not.toContain(confirmed)
})

test('more than one request can take is asked about in several, each event once', async () => {
  const it = await setUp()
  await given.start(it.db)
  await it.asSuperuser(`
    insert into outbox (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload, sent_at)
    select gen_random_uuid(), subject, tenant_id, aggregate_type, n::text, 1, payload, now() - interval '1 day'
    from outbox, generate_series(1, 900) n`)
  await it.asSuperuser('delete from outbox where sent_at is null')
  const { asked } = sending(it)
  await vi.waitFor(() => expect(asked.map((ids) => ids.length)).toEqual([400, 400, 100]), soon)
  expect(asked.flat().toSorted()).toEqual((await it.sent()).toSorted())
})

test('audit is not asked about revocations', async () => {
  const it = await setUp()
  await inTenant(it.db, given.tenant, (tx) =>
    revoke(tx, { tenantId: given.tenant, kind: 'session', id: 'one' }),
  )
  const session = await given.start(it.db)
  await it.asSuperuser('update outbox set sent_at = now()')
  const { asked } = sending(it)
  await vi.waitFor(async () => expect(asked).toEqual([await it.sent()]), soon)
  expect(session).toBeDefined()
})

test('while audit cannot be asked nothing is taken for confirmed, and it is asked until it answers', async () => {
  const it = await setUp()
  await given.start(it.db)
  await it.asSuperuser(`update outbox set sent_at = now() - interval '1 hour'`)
  let failures = 3
  const { asked } = sending(it, async () => {
    if (failures-- > 0) throw new Error('audit is away')
    return []
  })
  await vi.waitFor(() => expect(asked).toHaveLength(4), soon)
  expect(new Set(asked.flat()).size).toBe(1)
})

test('of two reconcilers of one database one asks at a time', async () => {
  const it = await setUp()
  await given.start(it.db)
  await it.asSuperuser(`update outbox set sent_at = now() - interval '1 hour'`)
  const { promise: answer, resolve } = Promise.withResolvers<string[]>()
  const first = sending(it, () => answer)
  await vi.waitFor(() => expect(first.asked).toHaveLength(1), soon)
  const elsewhere = connect({ url: it.url, poolSize: 10, applicationName: 'test' })
  onTestFinished(() => elsewhere.close())
  const second = sending({ db: elsewhere, nats: it.nats })
  // Its rounds end one after another without a question.
  for (let rounds = 0; rounds < 3; rounds++) {
    second.hurry()
    await given.start(elsewhere)
    await vi.waitFor(async () => expect((await it.sent()).length).toBeGreaterThan(rounds + 1), soon)
  }
  expect(second.asked).toEqual([])
  resolve([])
  second.hurry()
  await vi.waitFor(() => expect(second.asked.length).toBeGreaterThan(0), soon)
})

test('an answer about other events than those that were asked about sends nothing again', async () => {
  const it = await setUp()
  await given.start(it.db)
  await given.start(it.db)
  await it.asSuperuser(`update outbox set sent_at = now()`)
  const [, other = ''] = await it.sent()
  await it.asSuperuser(`update outbox set subject = 'revocation.auth.session.x' where event_id = '${other}'`)
  const { asked, found } = sending(it, async () => [other])
  await vi.waitFor(() => expect(asked.length).toBeGreaterThan(0), soon)
  await it.allSent()
  expect(found()).toBe(0)
})
