import type { Principal } from '@gatehouse/contracts/principal'
import { inPlatform } from '@gatehouse/db/tenant'
import { jetstream } from '@nats-io/jetstream'
import { v7 as uuidv7 } from 'uuid'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createOutboxDatabase, type OwnNats, relayOf, silent, startOwnNats, tenant } from './harness.ts'
import { followRevocations, type RevocationKind, revoke } from './revocation.ts'

/** Before any revocation here. */
const issuedAt = Date.now() - 60_000

const soon = { timeout: 15_000, interval: 20 }

function feedOf(nats: OwnNats, options: Partial<Parameters<typeof followRevocations>[0]> = {}) {
  const feed = followRevocations({ nats: nats.as('partner-gateway'), log: silent, ...options })
  onTestFinished(feed.stop)
  return feed
}

const bearer = (some: Partial<Principal> = {}): Principal => ({
  kind: 'user',
  id: uuidv7(),
  tenantId: uuidv7(),
  sessionId: uuidv7(),
  permissions: new Set(),
  ...some,
})

async function setUp() {
  const [{ db }, nats] = await Promise.all([createOutboxDatabase(), startOwnNats()])
  const revokeNow = (kind: RevocationKind, id: string) =>
    inPlatform(db, (tx) => revoke(tx, { tenantId: tenant, kind, id }))
  return { db, nats, revokeNow }
}

test('a session that ends is refused in every process that follows', async () => {
  const { db, nats, revokeNow } = await setUp()
  relayOf({ db, nats: nats.as('auth') })
  const told = { askEveryMs: 60_000 }
  const feeds = [feedOf(nats, told), feedOf(nats, { ...told, nats: nats.as('audit') })]
  await Promise.all(feeds.map(({ ready }) => ready))
  const [ended, other] = [bearer({ sessionId: 'ended' }), bearer()]
  expect(feeds.map((feed) => feed.isRevoked(ended, issuedAt))).toEqual([false, false])
  await revokeNow('session', 'ended')
  await vi.waitFor(
    () => expect(feeds.map((feed) => feed.isRevoked(ended, issuedAt))).toEqual([true, true]),
    soon,
  )
  expect(feeds.map((feed) => feed.isRevoked(other, issuedAt))).toEqual([false, false])
})

test('a revocation is told if its transaction commits, and only then', async () => {
  const { db, nats, revokeNow } = await setUp()
  relayOf({ db, nats: nats.as('auth') })
  const feed = feedOf(nats)
  await feed.ready
  const undone = inPlatform(db, async (tx) => {
    await revoke(tx, { tenantId: tenant, kind: 'session', id: 'undone' })
    throw new Error('on second thoughts')
  })
  await expect(undone).rejects.toThrow('on second thoughts')
  await revokeNow('session', 'done')
  await vi.waitFor(() => expect(feed.isRevoked(bearer({ sessionId: 'done' }), issuedAt)).toBe(true), soon)
  expect(feed.isRevoked(bearer({ sessionId: 'undone' }), issuedAt)).toBe(false)
})

test('a process that starts knows what was revoked before', async () => {
  const { nats } = await setUp()
  const js = jetstream(await nats.as('auth').connection())
  const sessions = Array.from({ length: 200 }, () => uuidv7())
  await Promise.all(sessions.map((id) => js.publish(`revocation.auth.session.${id}`, '')))
  const feed = feedOf(nats)
  await feed.ready
  expect(sessions.filter((sessionId) => !feed.isRevoked(bearer({ sessionId }), issuedAt))).toEqual([])
})

test.each([
  ['api_key', 'auth', bearer({ kind: 'api_key', sessionId: undefined }), 'id'],
  ['client', 'partner-gateway', bearer({ kind: 'partner_client', sessionId: undefined }), 'id'],
  ['user', 'directory', bearer(), 'id'],
  ['user', 'directory', bearer({ kind: 'api_key', sessionId: undefined, ownerId: uuidv7() }), 'ownerId'],
  ['tenant', 'directory', bearer(), 'tenantId'],
  ['tenant', 'directory', bearer({ kind: 'api_key', sessionId: undefined }), 'tenantId'],
  ['session', 'auth', bearer(), 'sessionId'],
] as const)(
  'a revoked %s is refused at the word of %s, and of nobody else',
  async (kind, service, principal, part) => {
    const { nats } = await setUp()
    const feed = feedOf(nats)
    await feed.ready
    const other = service === 'auth' ? 'directory' : 'auth'
    const tell = async (by: 'auth' | 'directory' | 'partner-gateway', id: string | undefined) =>
      jetstream(await nats.as(by).connection()).publish(`revocation.${by}.${kind}.${id}`, '')
    await tell(other, principal[part])
    await tell(service, 'later')
    const later = { ...principal, [part]: 'later' }
    await vi.waitFor(() => expect(feed.isRevoked(later, issuedAt)).toBe(true), soon)
    expect(feed.isRevoked(principal, issuedAt)).toBe(false)
    await tell(service, principal[part])
    await vi.waitFor(() => expect(feed.isRevoked(principal, issuedAt)).toBe(true), soon)
  },
)

test('of a client, a secret that is gone takes its own tokens with it, and a token itself alone', async () => {
  const { nats } = await setUp()
  const feed = feedOf(nats)
  await feed.ready
  const [secret, other] = [uuidv7(), uuidv7()]
  const [first, second] = [uuidv7(), uuidv7()]
  const isRefused = (sessionId: string, kind: 'partner_client' | 'user' = 'partner_client') =>
    feed.isRevoked(bearer({ kind, sessionId }), issuedAt)
  const js = jetstream(await nats.as('partner-gateway').connection())
  await js.publish(`revocation.partner-gateway.partner_token.${first}`, '')
  await vi.waitFor(() => expect(isRefused(`${secret}.${first}`)).toBe(true), soon)
  expect(isRefused(`${secret}.${second}`)).toBe(false)
  await js.publish(`revocation.partner-gateway.client_secret.${secret}`, '')
  await vi.waitFor(() => expect(isRefused(`${secret}.${second}`)).toBe(true), soon)
  expect(isRefused(`${other}.${second}`)).toBe(false)
  expect(isRefused(`${secret}.${second}`, 'user')).toBe(false)
})

test('of a user and a tenant only those tokens are refused that were issued before', async () => {
  const { nats } = await setUp()
  const feed = feedOf(nats)
  const js = jetstream(await nats.as('directory').connection())
  const principal = bearer()
  const now = Date.now()
  for (const [kind, id] of Object.entries({ user: principal.id, tenant: principal.tenantId })) {
    await js.publish(`revocation.directory.${kind}.${id}`, '')
    await vi.waitFor(() => expect(feed.isRevoked(principal, now - 60_000)).toBe(true), soon)
    expect(feed.isRevoked(principal, now + 60_000)).toBe(false)
  }
})

test('with a user, the API keys that act for them are refused, and nobody else’s', async () => {
  const { nats } = await setUp()
  const feed = feedOf(nats)
  const key = bearer({ kind: 'api_key', sessionId: undefined, ownerId: uuidv7() })
  const other = { ...key, ownerId: uuidv7() }
  await jetstream(await nats.as('directory').connection()).publish(
    `revocation.directory.user.${key.ownerId}`,
    '',
  )
  await vi.waitFor(() => expect(feed.isRevoked(key, issuedAt)).toBe(true), soon)
  expect(feed.isRevoked(key, Date.now() + 60_000)).toBe(false)
  expect(feed.isRevoked(other, issuedAt)).toBe(false)
})

test('a revocation is forgotten when no token that it concerns can live any more', async () => {
  const { nats } = await setUp()
  let now = Date.now()
  const feed = feedOf(nats, { now: () => now })
  const js = jetstream(await nats.as('auth').connection())
  const principal = bearer()
  await js.publish(`revocation.auth.session.${principal.sessionId}`, '')
  await vi.waitFor(() => expect(feed.isRevoked(principal, issuedAt)).toBe(true), soon)
  now += 10 * 60_000
  expect(feed.isRevoked(principal, issuedAt)).toBe(true)
  now += 6 * 60_000
  expect(feed.isRevoked(principal, issuedAt)).toBe(false)
})

test('a feed that NATS has not reached is neither ready nor fresh, and becomes both when it comes', async () => {
  const { nats } = await setUp()
  await nats.kill()
  let isReady = false
  const feed = feedOf(nats)
  void feed.ready.then(() => {
    isReady = true
  })
  expect([isReady, feed.fresh()]).toEqual([false, false])
  await nats.start()
  await vi.waitFor(() => expect([isReady, feed.fresh()]).toEqual([true, true]), soon)
})

test('a feed that hears nothing for 15 s is not fresh, whatever the clock on the wall says', async () => {
  const { nats } = await setUp()
  let [uptime, now] = [1000, Date.now()]
  const feed = feedOf(nats, { uptime: () => uptime, now: () => now })
  await feed.ready
  await nats.kill()
  uptime += 14_000
  expect(feed.fresh()).toBe(true)
  uptime += 2000
  now -= 300_000
  expect(feed.fresh()).toBe(false)
  expect(feed.ageSeconds()).toBe(16)
  await nats.start()
  await vi.waitFor(() => expect(feed.fresh()).toBe(true), soon)
})

test('what is revoked while NATS is away is heard when it is back', async () => {
  const { db, nats, revokeNow } = await setUp()
  relayOf({ db, nats: nats.as('auth') })
  const feed = feedOf(nats)
  await feed.ready
  await nats.kill()
  const principal = bearer()
  await revokeNow('session', principal.sessionId ?? '')
  await nats.start()
  await vi.waitFor(() => expect(feed.isRevoked(principal, issuedAt)).toBe(true), soon)
})

test('what the feed was not told it fetches, also from a stream that has begun anew', async () => {
  const { nats } = await setUp()
  const js = jetstream(await nats.as('auth').connection())
  for (const id of ['a', 'b', 'c']) await js.publish(`revocation.auth.session.${id}`, '')
  const feed = feedOf(nats, { askEveryMs: 100 })
  await feed.ready
  const manager = await nats.manager()
  const { republish: _, ...mute } = (await manager.streams.info('REVOCATIONS')).config
  await manager.streams.delete('REVOCATIONS')
  await manager.streams.add(mute)
  const principal = bearer()
  expect(await js.publish(`revocation.auth.session.${principal.sessionId}`, '')).toMatchObject({ seq: 1 })
  await vi.waitFor(() => expect(feed.isRevoked(principal, issuedAt)).toBe(true), soon)
})

test('what no stream has told of is not believed', async () => {
  const { nats } = await setUp()
  const feed = feedOf(nats)
  await feed.ready
  const connection = await nats.as('auth').connection()
  const { seq } = await jetstream(connection).publish('revocation.auth.session.x', '')
  const reply = 'revoked.directory.user.victim'
  connection.publish('$JS.API.STREAM.MSG.GET.REVOCATIONS', JSON.stringify({ seq }), { reply })
  await jetstream(connection).publish('revocation.auth.session.y', '')
  await vi.waitFor(() => expect(feed.isRevoked(bearer({ sessionId: 'y' }), issuedAt)).toBe(true), soon)
  expect(feed.isRevoked(bearer({ id: 'victim' }), issuedAt)).toBe(false)
})

test.each(['a.b', 'a b', '*', '>', '', 'x'.repeat(65), 'a\r\nb'])('no subject is made of %j', async (id) => {
  const { db } = await createOutboxDatabase()
  await expect(inPlatform(db, (tx) => revoke(tx, { tenantId: tenant, kind: 'session', id }))).rejects.toThrow(
    RangeError,
  )
})
