import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { emptyTree, grow, hashLeaf } from '@gatehouse/ledger/tree'
import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received, unknownEvent } from '../harness.ts'
import { leafOfEntry } from '../leaf-of-entry.ts'
import { forgetSubject } from '../subject-keys.ts'
import { entries, trees } from '../tables.ts'
import { recordEvents } from './record-events.ts'
import { replayDeadLetters } from './replay-dead-letters.ts'

const { db, record, recording, as, app, asSuperuser } = await harness()

const read = async (tenantId: string) => {
  const headers = await as({ tenantId, permissions: ['audit:read'] })
  return (await app.inject({ url: '/api/audit-logs?limit=100', headers })).json().data
}
const created = (tenantId: string, name = 'Engines', given = {}) =>
  received('tenant.created', tenantId, { name, type: 'customer', country: 'GB' }, given)

/** The tree of a tenant as it was kept, and as its entries make it. */
async function ledgerOf(tenantId: string) {
  const [[kept], rows] = await readInPlatform(db, (tx) =>
    Promise.all([
      tx
        .select({ size: trees.size, frontier: trees.frontier })
        .from(trees)
        .where(eq(trees.tenantId, tenantId)),
      tx.select().from(entries).where(eq(entries.tenantId, tenantId)).orderBy(entries.leafIndex),
    ]),
  )
  const leaves = rows.map((row) => leafBytes(leafOfEntry(row)))
  const { size, frontier } = grow(emptyTree, leaves.map(hashLeaf)).tree
  return {
    kept,
    made: { size, frontier: Buffer.concat(frontier) },
    indices: rows.map(({ leafIndex }) => leafIndex),
  }
}

test('batches of several replicas at once, over the same tenants and partly the same events: each event one leaf, no gap, one tree', async () => {
  const tenants = Array.from({ length: 4 }, () => crypto.randomUUID())
  const events = Array.from({ length: 200 }, (_, n) => created(tenants[n % 4] ?? '', `${n}`))
  const shuffled = () => events.toSorted(() => Math.random() - 0.5)
  await Promise.all(Array.from({ length: 4 }, () => record(...shuffled())))
  for (const tenant of tenants) {
    const { kept, made, indices } = await ledgerOf(tenant)
    expect(indices).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(kept).toEqual(made)
  }
})

test('a batch that fails leaves no entry and no leaf behind', async () => {
  const tenantId = crypto.randomUUID()
  await record(created(tenantId))
  const append: typeof recording.append = async (tx, batch) => {
    await recording.append(tx, batch)
    throw new Error('the power went out')
  }
  await expect(recordEvents({ ...recording, append }, [created(tenantId)])).rejects.toThrow('power')
  await record(created(tenantId))
  const { kept, made } = await ledgerOf(tenantId)
  expect(made.size).toBe(2)
  expect(kept).toEqual(made)
})

test('an event that this version does not know is kept with all that it says', async () => {
  const tenantId = crypto.randomUUID()
  const event = created(tenantId)
  const newer = {
    ...event.envelope,
    type: 'tenant.merged',
    dataversion: 7,
    data: { into: { other: [1, 'é'] } },
  }
  await record(unknownEvent(newer))
  expect(await read(tenantId)).toMatchObject([
    { action: 'tenant.merged', metadata: { into: { other: [1, 'é'] } } },
  ])
})

test('G1: nothing personal of an event lies in the database in the clear', async () => {
  const tenantId = crypto.randomUUID()
  const email = `canary-${uuidv7()}@example.com`
  await record(
    received('user.registered', tenantId, { email, firstName: 'Canary', lastName: 'Bird', tenantId }),
  )
  expect(await read(tenantId)).toMatchObject([{ metadata: { email }, sourceIp: '192.0.2.1' }])
  for (const table of ['entries', 'actions', 'subject_keys']) {
    const [found] = await asSuperuser(`select count(*)::int as n from ${table} t
      where t::text ~ '${email}|192\\.0\\.2\\.1|${Buffer.from(email).toString('hex')}'`)
    expect(found, table).toEqual({ n: 0 })
  }
})

test('a person who is forgotten can be read nowhere any more, others can, and nothing of theirs is ever readable again', async () => {
  const tenantId = crypto.randomUUID()
  const [ada, charles] = [uuidv7(), uuidv7()]
  const signedIn = (userId: string) =>
    received('session.started', tenantId, { userId, method: 'password', amr: ['pwd'] }, { actorId: userId })
  await record(signedIn(ada), signedIn(charles))
  await inPlatform(db, (tx) => forgetSubject(tx, ada))
  await record(signedIn(ada))
  const shown = await read(tenantId)
  const gone = { erased: true, metadata: null, sourceIp: null, userAgent: null, actorId: ada }
  expect(shown).toHaveLength(3)
  expect(shown.filter(({ actorId }: { actorId: string }) => actorId === ada)).toMatchObject([gone, gone])
  expect(shown.filter(({ actorId }: { actorId: string }) => actorId === charles)).toMatchObject([
    { erased: false, metadata: { userId: charles }, sourceIp: '192.0.2.1' },
  ])
  const { kept, made } = await ledgerOf(tenantId)
  expect(kept).toEqual(made)
})

test('a person who is forgotten before anything is known of them stays unknown', async () => {
  const [tenantId, userId] = [crypto.randomUUID(), uuidv7()]
  await inPlatform(db, (tx) => forgetSubject(tx, userId))
  await record(received('user.deactivated', tenantId, { userId }))
  expect(await read(tenantId)).toMatchObject([{ erased: true, metadata: null, sourceIp: '192.0.2.1' }])
})

test('D3: secrets are not kept, not even those that a service sends by mistake', async () => {
  const tenantId = crypto.randomUUID()
  const after = {
    name: 'A',
    newPassword: 'x',
    nested: [{ client_secret: 'y', tokenHash: 'z', 'API-Key': 'k' }],
  }
  await record(created(tenantId, 'A', { after }))
  const [entry] = await read(tenantId)
  expect(entry.newState).toEqual({
    name: 'A',
    newPassword: '[redacted]',
    nested: [{ client_secret: '[redacted]', tokenHash: '[redacted]', 'API-Key': '[redacted]' }],
  })
})

test.each([
  ['of a month that nothing is kept of', { time: '2011-01-01T00:00:00.000Z' }],
  ['of the far future', { time: '2999-01-01T00:00:00.000Z' }],
  ['with an actor too long for any index', { actorid: 'x'.repeat(5_000) }],
  ['of a version that nothing can have', { aggregateversion: 3_000_000_000 }],
  ['with a NUL in its subject', { subject: 'tenant/\0' }],
  ['with half a character in its data', { data: { name: '\ud800' } }],
])('F14: an event %s goes to the dead letters and holds up nobody', async (_, change) => {
  const tenantId = crypto.randomUUID()
  const event = created(tenantId)
  const envelope = { ...event.envelope, ...change }
  await record(created(tenantId), unknownEvent(envelope), created(tenantId))
  expect(await read(tenantId)).toHaveLength(2)
  const letter = (await recording.deadLetters.list(1000)).find(({ body }) => `${body}`.includes(envelope.id))
  expect(`${letter?.body}`).toBe(JSON.stringify(envelope))
})

test('what was laid aside is recorded by command once it can be, and only once', async () => {
  const tenantId = crypto.randomUUID()
  const { envelope } = created(tenantId)
  const letter = {
    id: uuidv7(),
    subject: 'identity.directory.tenant.created',
    body: Buffer.from(JSON.stringify(envelope)),
    reason: 'failed five times',
  }
  await inPlatform(db, (tx) => recording.deadLetters.layAside(tx, [letter, letter]))
  expect((await replayDeadLetters(recording, 1000)).recorded).toEqual([expect.stringContaining(envelope.id)])
  expect((await replayDeadLetters(recording, 1000)).recorded).toEqual([])
  expect(await read(tenantId)).toMatchObject([{ id: envelope.id }])
})
