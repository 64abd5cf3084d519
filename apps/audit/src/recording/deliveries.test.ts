import { inPlatform } from '@gatehouse/db/tenant'
import { auditOf, startOwnNats } from '@gatehouse/events/harness'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { emptyTree, grow, hashLeaf } from '@gatehouse/ledger/tree'
import { v7 as uuidv7 } from 'uuid'
import { beforeAll, expect, test, vi } from 'vitest'
import { harness, received } from '../harness.ts'
import { leafOfEntry } from '../leaf-of-entry.ts'
import { entries, trees } from '../tables.ts'
import { recordEvents } from './record-events.ts'

const soon = { timeout: 15_000, interval: 50 }

let nats: Awaited<ReturnType<typeof startOwnNats>>
beforeAll(async () => {
  const ends: (() => Promise<void>)[] = []
  nats = await startOwnNats((end) => ends.unshift(end))
  return async () => {
    for (const end of ends) await end()
  }
})

/** Audit with a database of its own, that records what the stream brings as its process does, in two replicas. */
async function setUp() {
  const { db, recording } = await harness()
  for (let replica = 0; replica < 2; replica++)
    auditOf(nats.as('audit'), {
      batch: 50,
      handle: (events) => recordEvents(recording, events),
      deadLetter: (letter) => inPlatform(db, (tx) => recording.deadLetters.layAside(tx, [letter])),
    })
  const manager = await nats.manager()
  const untilAllIsAcknowledged = () =>
    vi.waitFor(
      async () =>
        expect(await manager.consumers.info('IDENTITY', 'audit')).toMatchObject({
          num_pending: 0,
          num_ack_pending: 0,
        }),
      soon,
    )
  const recorded = () => inPlatform(db, (tx) => tx.select().from(entries).orderBy(entries.leafIndex))
  const ledgers = () => inPlatform(db, (tx) => tx.select().from(trees))
  return { recording, untilAllIsAcknowledged, recorded, ledgers }
}

const started = (tenantId: string) =>
  received('session.started', tenantId, { userId: uuidv7(), method: 'password', amr: ['pwd'] }).envelope

const subject = 'identity.auth.session.started'
const shuffled = <T>(items: readonly T[]) =>
  items
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item)
const publishAll = (bodies: readonly (string | Uint8Array)[]) =>
  Promise.all(shuffled(bodies).map((body) => nats.publish(subject, body)))

test('F13: whatever is delivered three times and in any order is in the log once, and its ledgers are what it hashes to', async () => {
  const { untilAllIsAcknowledged, recorded, ledgers } = await setUp()
  const tenants = [uuidv7(), uuidv7(), uuidv7()]
  const events = Array.from({ length: 300 }, (_, n) => started(tenants[n % 3] ?? ''))
  const bodies = events.map((event) => JSON.stringify(event))
  await publishAll([...bodies, ...bodies, ...bodies])
  await untilAllIsAcknowledged()

  const rows = await recorded()
  expect(rows.map(({ id }) => id).toSorted()).toEqual(events.map(({ id }) => id).toSorted())
  for (const { tenantId, size, frontier } of await ledgers()) {
    const own = rows.filter((row) => row.tenantId === tenantId)
    expect(own.map(({ leafIndex }) => leafIndex)).toEqual(own.map((_, n) => n))
    const made = grow(
      emptyTree,
      own.map((row) => hashLeaf(leafBytes(leafOfEntry(row)))),
    ).tree
    expect({ size, frontier }).toEqual({ size: made.size, frontier: Buffer.concat(made.frontier) })
  }
})

test('F14: poison among good events holds up none of them, is kept byte for byte with its reason, and what is only newer is an entry', async () => {
  const { recording, untilAllIsAcknowledged, recorded } = await setUp()
  const tenantId = uuidv7()
  const good = Array.from({ length: 200 }, () => started(tenantId))
  const newer = { ...started(tenantId), dataversion: 99, data: { into: 'the future' } }
  const poison: Record<string, () => string | Uint8Array> = {
    'not JSON': () => '{"specversion":',
    'not UTF-8': () => Uint8Array.of(0xff, 0x00, 0xfe),
    'no event': () => '{"hello":"world"}',
    'of no tenant': () => JSON.stringify({ ...started(tenantId), tenantid: 'everybody' }),
    'with other data than it declares': () => JSON.stringify({ ...started(tenantId), data: { userId: 7 } }),
    "in another service's name": () =>
      JSON.stringify({ ...started(tenantId), source: 'urn:gatehouse:service:directory' }),
    "with another service's event": () =>
      JSON.stringify({ ...started(tenantId), type: 'tenant.created', data: { name: 'x' } }),
    'of a time that nothing is kept of': () =>
      JSON.stringify({ ...started(tenantId), time: '2011-01-01T00:00:00.000Z', data: {} }, null, 3).replace(
        '"data"',
        String.raw`"d\u0061ta"`,
      ),
    'with a NUL in its actor': () => JSON.stringify({ ...started(tenantId), actorid: 'x\0' }),
  }
  const bad = Object.values(poison).flatMap((make) => Array.from({ length: 5 }, make))
  await publishAll([...[...good, newer].map((event) => JSON.stringify(event)), ...bad])
  await expect(nats.publish(subject, 'x'.repeat(300_000))).rejects.toThrow()
  await untilAllIsAcknowledged()

  const rows = await recorded()
  expect(rows.map(({ id }) => id).toSorted()).toEqual([...good, newer].map(({ id }) => id).toSorted())
  const letters = await recording.deadLetters.list(1000)
  expect(letters).toHaveLength(bad.length)
  expect(letters.every(({ reason }) => reason.length > 0)).toBe(true)
  const hex = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('hex')
  expect(letters.map(({ body }) => hex(body)).toSorted()).toEqual(bad.map(hex).toSorted())
})
