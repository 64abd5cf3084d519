import { setTimeout as delay } from 'node:timers/promises'
import { nanos } from '@nats-io/transport-node'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import type { DeadLetter } from './dead-letter.ts'
import type { DeliveredEvent } from './delivery.ts'
import { envelopeOf } from './envelope.ts'
import { auditOf, type OwnNats, sessionStarted, startOwnNats } from './harness.ts'

const soon = { timeout: 15_000, interval: 20 }
const retryDelaysMs = [1, 1, 1, 1] as const

/** Publishes as auth, without an outbox. `events` are the starts of so many sessions; returned are their ids. */
function publisherOf(nats: OwnNats) {
  const raw = (body: string | Uint8Array) => nats.publish('identity.auth.session.started', body)
  const events = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const session = uuidv7()
        const envelope = envelopeOf(uuidv7(), 'session.started', sessionStarted(session))
        await raw(JSON.stringify({ ...envelope, time: new Date().toISOString() }))
        return session
      }),
    )
  return { raw, events }
}

const sessionOf = ({ envelope }: DeliveredEvent) => envelope.subject.replace('session/', '')

async function setUp() {
  const nats = await startOwnNats()
  return { nats, ...publisherOf(nats) }
}

test('events come in batches of the size asked for, each once', async () => {
  const { nats, events } = await setUp()
  const published = await events(250)
  const { promise: enoughHeld, resolve: go } = Promise.withResolvers<void>()
  const batches: string[][] = []
  auditOf(nats.as('audit'), {
    batch: 100,
    async handle(batch) {
      batches.push(batch.map(sessionOf))
      await enoughHeld
    },
  })
  const manager = await nats.manager()
  const held = async () => (await manager.consumers.info('IDENTITY', 'audit')).num_ack_pending
  // One batch in hand and one ahead.
  await vi.waitFor(async () => expect(await held()).toBe(200), soon)
  go()
  await vi.waitFor(() => expect(batches.flat().sort()).toEqual(published.sort()), soon)
  expect(batches.length).toBeLessThanOrEqual(5)
  expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(100)
})

test('an event counts as delivered only after it was handled', async () => {
  const { nats, events } = await setUp()
  const { promise: handled, resolve: finish } = Promise.withResolvers<void>()
  const manager = await nats.manager()
  const pending = async () => (await manager.consumers.info('IDENTITY', 'audit')).num_ack_pending
  auditOf(nats.as('audit'), { handle: () => handled })
  await events(1)
  await vi.waitFor(async () => expect(await pending()).toBe(1), soon)
  finish()
  await vi.waitFor(async () => expect(await pending()).toBe(0), soon)
})

test('while what the handler needs is away everything waits, and nothing goes to the dead letters', async () => {
  const { nats, events } = await setUp()
  const handled: string[] = []
  const letters: DeadLetter[] = []
  let refusals = 0
  auditOf(nats.as('audit'), {
    retryDelaysMs,
    deadLetter: async (letter) => void letters.push(letter),
    async handle(batch) {
      if (refusals++ < 5) throw Object.assign(new Error('away'), { statusCode: 503 })
      handled.push(...batch.map(sessionOf))
    },
  })
  const published = await events(1)
  await vi.waitFor(() => expect(handled.sort()).toEqual(published.sort()), soon)
  expect(letters).toEqual([])
})

test('what fails five times is laid aside with its reason, and what came with it is handled', async () => {
  const { nats, events } = await setUp()
  const published = await events(20)
  const bad = published[7]
  let failures = 0
  const handled: string[] = []
  const { tallies } = auditOf(nats.as('audit'), {
    retryDelaysMs,
    async handle(batch) {
      const sessions = batch.map(sessionOf)
      if (bad && sessions.includes(bad)) {
        if (sessions.length === 1) failures++
        throw new Error('of ada@analytical.example', { cause: new RangeError('of ada@analytical.example') })
      }
      handled.push(...sessions)
    },
  })
  const manager = await nats.manager()
  const letter = () =>
    manager.streams.getMessage('DEAD_LETTERS', { last_by_subj: 'dead_letter.audit.IDENTITY' })
  const reasonOf = async () => (await letter())?.header.get('Dead-Letter-Reason')
  await vi.waitFor(async () => expect(await reasonOf()).toMatch(/failed five times.*RangeError/), soon)
  expect(failures).toBe(5)
  const [header, body] = [(await letter())?.header, (await letter())?.string()]
  // What it says is where it was, and nowhere else.
  expect(body).toBe('')
  expect(JSON.stringify(header)).not.toContain('analytical')
  const lies = await manager.streams.getMessage('IDENTITY', {
    seq: Number(header?.get('Dead-Letter-Sequence')),
  })
  expect(lies?.json()).toMatchObject({ subject: `session/${bad}` })
  expect(handled.sort()).toEqual(published.filter((session) => session !== bad).sort())
  await vi.waitFor(
    () => expect(tallies()).toMatchObject({ handled: 19, redelivered: 4, deadLetters: 1 }),
    soon,
  )
})

test('poison and forged messages are laid aside with where they lie, and hold back nobody', async () => {
  const { nats, events, raw } = await setUp()
  const forged = envelopeOf(uuidv7(), 'tenant.created', {
    ...sessionStarted(),
    data: { name: 'x', type: 'customer', country: null },
  })
  const unlike = { ...envelopeOf(uuidv7(), 'session.started', sessionStarted()), data: {} }
  const time = new Date().toISOString()
  const poison = ['{', '', JSON.stringify({ hello: 'world' }), JSON.stringify({ ...unlike, time })]
  for (const body of [...poison, JSON.stringify({ ...forged, time })]) await raw(body)
  await raw(Uint8Array.of(0xff, 0x00))
  const published = await events(1)
  const { sessions } = auditOf(nats.as('audit'))
  await vi.waitFor(() => expect(sessions()).toEqual(published), soon)

  const manager = await nats.manager()
  const letters = async () => (await manager.streams.info('DEAD_LETTERS')).state.messages
  await vi.waitFor(async () => expect(await letters()).toBe(6), soon)
  const bodies = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((seq) => manager.streams.getMessage('DEAD_LETTERS', { seq })),
  )
  expect(bodies.map((letter) => letter?.header.get('Dead-Letter-Reason')?.split(':')[0]).sort()).toEqual([
    'forged',
    'not a session.started',
    ...Array(4).fill('not an envelope'),
  ])
  const places = bodies.map((letter) => Number(letter?.header.get('Dead-Letter-Sequence')))
  expect(places.sort()).toEqual([1, 2, 3, 4, 5, 6])
  expect(bodies.map((letter) => letter?.string())).toEqual(Array(6).fill(''))
  const waiting = async () => (await manager.consumers.info('IDENTITY', 'audit')).num_ack_pending
  await vi.waitFor(async () => expect(await waiting()).toBe(0), soon)
})

test('poison is not acknowledged before it is kept', async () => {
  const { nats, raw } = await setUp()
  const manager = await nats.manager()
  const { promise: kept, resolve: keep } = Promise.withResolvers<void>()
  auditOf(nats.as('audit'), { deadLetter: () => kept })
  await raw('poison')
  const pending = async () => (await manager.consumers.info('IDENTITY', 'audit')).num_ack_pending
  await vi.waitFor(async () => expect(await pending()).toBe(1), soon)
  keep()
  await vi.waitFor(async () => expect(await pending()).toBe(0), soon)
})

test('what is being handled slowly is not delivered a second time', async () => {
  const { nats, events } = await setUp()
  const manager = await nats.manager()
  const impatient = { ack_wait: nanos(300) }
  await manager.consumers.update('IDENTITY', 'audit', impatient)
  await manager.consumers.add('IDENTITY', { durable_name: 'control', ack_policy: 'explicit', ...impatient })
  const { promise: handled, resolve: finish } = Promise.withResolvers<void>()
  let handlings = 0
  auditOf(nats.as('audit'), {
    handle() {
      handlings++
      return handled
    },
  })
  await events(1)
  // A consumer that nobody extends shows that the time was up, and how often.
  const unattended = await manager.jetstream().consumers.get('IDENTITY', 'control')
  const control = async () => (await unattended.next({ expires: 1000 }))?.info.deliveryCount
  await vi.waitFor(async () => expect(await control()).toBe(4), soon)
  expect(await manager.consumers.info('IDENTITY', 'audit')).toMatchObject({
    num_redelivered: 0,
    num_ack_pending: 1,
  })
  finish()
  await vi.waitFor(
    async () =>
      expect(await manager.consumers.info('IDENTITY', 'audit')).toMatchObject({ num_ack_pending: 0 }),
    soon,
  )
  expect(handlings).toBe(1)
})

test('a consumer that stops finishes what it handles and gives back what it only holds', async () => {
  const { nats, events } = await setUp()
  const { promise: handled, resolve: finish } = Promise.withResolvers<void>()
  const taken: string[] = []
  const first = auditOf(nats.as('audit'), {
    batch: 10,
    async handle(batch) {
      taken.push(...batch.map(sessionOf))
      await handled
    },
  })
  const published = await events(40)
  const manager = await nats.manager()
  await vi.waitFor(
    async () =>
      expect((await manager.consumers.info('IDENTITY', 'audit')).num_ack_pending).toBeGreaterThan(10),
    soon,
  )
  const stopped = first.stop()
  finish()
  await stopped
  const { sessions } = auditOf(nats.as('audit'))
  await vi.waitFor(() => expect([...taken, ...sessions()].sort()).toEqual(published.sort()), soon)
  expect(taken.length).toBeLessThanOrEqual(10)
})

test('events go on arriving after NATS was killed and started again', async () => {
  const { nats, events } = await setUp()
  const { sessions } = auditOf(nats.as('audit'))
  const before = await events(3)
  await vi.waitFor(() => expect(sessions().sort()).toEqual(before.sort()), soon)
  await nats.kill()
  await nats.start()
  const after = await vi.waitFor(() => events(1), soon)
  await vi.waitFor(() => expect(sessions()).toEqual(expect.arrayContaining(after)), soon)
})

test('a durable consumer that was deleted is used again once it has been made anew, and nothing is missing', async () => {
  const { nats, events } = await setUp()
  const consumption = auditOf(nats.as('audit'))
  const before = await events(3)
  await vi.waitFor(() => expect(consumption.sessions().sort()).toEqual(before.sort()), soon)
  await (await nats.manager()).consumers.delete('IDENTITY', 'audit')
  const during = await events(3)
  await vi.waitFor(() => expect(consumption.isHealthy()).toBe(false), soon)
  await nats.ensureStreams()
  await vi.waitFor(
    () => expect(new Set(consumption.sessions())).toEqual(new Set([...before, ...during])),
    soon,
  )
  await vi.waitFor(() => expect(consumption.isHealthy()).toBe(true), soon)
})

test('a server that falls silent with its connections open is noticed, and events go on arriving when it speaks again', async () => {
  const { nats, events } = await setUp()
  const consumption = auditOf(nats.as('audit'))
  const before = await events(3)
  await vi.waitFor(() => expect(consumption.sessions().sort()).toEqual(before.sort()), soon)
  nats.freeze()
  await vi.waitFor(() => expect(consumption.isHealthy()).toBe(false), soon)
  nats.wake()
  const after = await vi.waitFor(() => events(1), soon)
  await vi.waitFor(() => expect(consumption.sessions()).toEqual(expect.arrayContaining(after)), soon)
  await vi.waitFor(() => expect(consumption.isHealthy()).toBe(true), soon)
})

test('F6: a consumer slower than the server is patient, and then stopped, holds two batches, and gets nothing twice', async () => {
  const { nats, events } = await setUp()
  const manager = await nats.manager()
  await manager.consumers.update('IDENTITY', 'audit', { ack_wait: nanos(300) })
  const consumerInfo = () => manager.consumers.info('IDENTITY', 'audit')
  const published = await events(2000)
  const handled: string[] = []
  const held: number[] = []
  const slow = auditOf(nats.as('audit'), {
    batch: 20,
    async handle(batch) {
      await delay(500)
      held.push((await consumerInfo()).num_ack_pending)
      handled.push(...batch.map(sessionOf))
    },
  })
  await vi.waitFor(() => expect(handled.length).toBeGreaterThanOrEqual(60), soon)
  expect((await consumerInfo()).num_redelivered).toBe(0)
  expect(Math.max(...held)).toBeLessThanOrEqual(40)
  await slow.stop()
  const { sessions } = auditOf(nats.as('audit'))
  await vi.waitFor(() => expect(handled.length + sessions().length).toBe(published.length), soon)
  expect([...handled, ...sessions()].sort()).toEqual(published.sort())
  await vi.waitFor(
    async () => expect(await consumerInfo()).toMatchObject({ num_pending: 0, num_ack_pending: 0 }),
    soon,
  )
})

test('a consumer that starts before its stream is there begins when it is', async () => {
  const { nats, events } = await setUp()
  const manager = await nats.manager()
  await manager.streams.delete('IDENTITY')
  const consumption = auditOf(nats.as('audit'))
  expect(consumption.isHealthy()).toBe(false)
  await nats.ensureStreams()
  const published = await events(1)
  await vi.waitFor(() => expect(consumption.sessions()).toEqual(published), soon)
})

test('after the stream was lost and made anew, what is acknowledged late is not taken for new events', async () => {
  const { nats, events } = await setUp()
  const { promise: handled, resolve: finish } = Promise.withResolvers<void>()
  const taken: string[] = []
  const audit = nats.as('audit')
  auditOf(audit, {
    async handle(batch) {
      taken.push(...batch.map(sessionOf))
      if (taken.length === 1) await handled
    },
  })
  await events(1)
  await vi.waitFor(() => expect(taken).toHaveLength(1), soon)
  await nats.kill()
  await nats.empty()
  await nats.start()
  await nats.ensureStreams()
  await audit.connection()
  // It has the number that the lost one had, and is delivered to somebody who dies with it.
  const [again] = await vi.waitFor(() => events(1), soon)
  const manager = await nats.manager()
  const other = await manager.jetstream().consumers.get('IDENTITY', 'audit')
  await other.next({ expires: 1000 })
  finish()
  await (await audit.connection()).flush()
  expect(await manager.consumers.info('IDENTITY', 'audit')).toMatchObject({ num_ack_pending: 1 })
  expect(again).toBeDefined()
})
