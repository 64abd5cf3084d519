import { inTenant } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import * as given from './harness.ts'
import { emit } from './outbox.ts'
import { revoke } from './revocation.ts'

const soon = { timeout: 60_000, interval: 20 }
const batch = 500

/** An outbox in which 5,000 events of one tenant wait before everything else. */
async function flooded() {
  const [database, nats] = await Promise.all([given.createOutboxDatabase(), given.startOwnNats()])
  await given.start(database.db)
  await database.asSuperuser(`
    insert into outbox (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
    select e.id, subject, tenant_id, aggregate_type, e.id, 1, jsonb_set(payload::jsonb, '{id}', to_jsonb(e.id))
    from outbox cross join lateral (select gen_random_uuid() as id from generate_series(2, 5000)) e`)
  return { ...database, nats }
}

/** Of an event's row, how many were sent before it, and how many wait still. */
const lookAt = `select
  (select count(*)::int from outbox where sent_at < mine.sent_at) as before,
  (select count(*)::int from outbox where sent_at is null) as waiting
  from outbox mine where sent_at is not null and aggregate_id =`

test('a flood of one tenant delays no event of another: it goes out with the first ones of the flood', async () => {
  const { db, nats, asSuperuser } = await flooded()
  const other = uuidv7()
  const session = uuidv7()
  await inTenant(db, other, (tx) =>
    emit(tx, 'session.started', { ...given.sessionStarted(session), tenantId: other }),
  )
  const { handled } = given.auditOf(nats.as('audit'))
  given.relayOf({ db, nats: nats.as('auth') })
  const place = async () => {
    const [row] = await asSuperuser(`${lookAt} '${session}'`)
    expect(row).toBeDefined()
    return row
  }
  const { before, waiting } = (await vi.waitFor(place, soon)) ?? {}
  expect(before).toBeLessThan(batch)
  expect(waiting).toBeGreaterThan(2_500)
  const ofOther = () => handled.filter(({ envelope }) => envelope.tenantid === other)
  await vi.waitFor(() => expect(ofOther()).toHaveLength(1), soon)
  expect(ofOther()[0]?.sequence).toBeLessThanOrEqual(batch)
  await nats.kill()
})

test('S6: a flood of a tenant delays no revocation, not even one of its own', async () => {
  const { db, nats, asSuperuser } = await flooded()
  const id = uuidv7()
  await inTenant(db, given.tenant, (tx) => revoke(tx, { tenantId: given.tenant, kind: 'session', id }))
  const [{ aggregate_id: revocation } = {}] = await asSuperuser(
    `select aggregate_id from outbox where subject like 'revocation.%'`,
  )
  given.relayOf({ db, nats: nats.as('auth') })
  const place = async () => {
    const [sent] = await asSuperuser(`${lookAt} '${revocation}'`)
    expect(sent).toBeDefined()
    return sent
  }
  const { before } = (await vi.waitFor(place, soon)) ?? {}
  expect(before).toBeLessThan(batch)
  await nats.kill()
})

test('of more tenants than a batch has room for each gets its turn, a few batches later at most', async () => {
  const { db, nats, asSuperuser } = await flooded()
  await asSuperuser(`
    insert into outbox (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
    select e.id, subject, gen_random_uuid(), aggregate_type, 'late ' || e.id, 1, jsonb_set(payload::jsonb, '{id}', to_jsonb(e.id))
    from (select * from outbox limit 1) o cross join lateral (select gen_random_uuid() as id from generate_series(1, 600)) e`)
  given.relayOf({ db, nats: nats.as('auth') })
  const areSent = async () => {
    const [row] = await asSuperuser(`
      select count(*)::int as late, (select count(*)::int from outbox where sent_at < max(late.sent_at)) as before
      from outbox late where aggregate_id like 'late %' having count(*) = count(sent_at)`)
    expect(row).toBeDefined()
    return row
  }
  const { late, before } = (await vi.waitFor(areSent, soon)) ?? {}
  expect(late).toBe(600)
  expect(before).toBeLessThan(4 * batch)
  await nats.kill()
})
