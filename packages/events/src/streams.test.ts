import { RetentionPolicy } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { auditOf, startOwnNats } from './harness.ts'

const minutes = (n: number) => nanos(n * 60_000)

test('the streams keep what they acknowledge, refuse when full and know a message again for 10 minutes', async () => {
  const nats = await startOwnNats()
  const manager = await nats.manager()
  for (const name of ['IDENTITY', 'REVOCATIONS', 'CHECKPOINTS', 'ERASURES', 'DEAD_LETTERS']) {
    const { config } = await manager.streams.info(name)
    expect(config).toMatchObject({
      storage: 'file',
      retention: RetentionPolicy.Limits,
      discard: 'new',
      // Audit erases there what is of people who were forgotten.
      deny_delete: name !== 'IDENTITY',
      deny_purge: true,
      allow_direct: false,
      duplicate_window: minutes(10),
    })
    expect(config.max_bytes).toBeGreaterThan(0)
  }
  expect((await manager.streams.info('IDENTITY')).config.max_age).toBe(minutes(14 * 24 * 60))
  expect((await manager.streams.info('REVOCATIONS')).config.max_age).toBe(minutes(15))
  expect((await manager.streams.info('CHECKPOINTS')).config).toMatchObject({
    max_age: 0,
    max_msgs_per_subject: 1,
  })
  const { config } = await manager.consumers.info('IDENTITY', 'audit')
  expect(config).toMatchObject({
    ack_policy: 'explicit',
    max_deliver: -1,
    deliver_policy: 'all',
    max_ack_pending: 1000,
  })
})

test('making them again changes nothing that is in them, and puts right what was changed', async () => {
  const nats = await startOwnNats()
  const manager = await nats.manager()
  await nats.publish('identity.auth.thing.happened')
  await manager.streams.update('IDENTITY', { max_age: minutes(11) })
  await manager.consumers.update('IDENTITY', 'audit', { max_ack_pending: 1 })
  await nats.ensureStreams()
  const { config, state } = await manager.streams.info('IDENTITY')
  expect(config.max_age).toBe(minutes(14 * 24 * 60))
  expect(state.messages).toBe(1)
  expect((await manager.consumers.info('IDENTITY', 'audit')).config.max_ack_pending).toBe(1000)
})

test('a full stream refuses what is new instead of dropping what is old', async () => {
  const nats = await startOwnNats()
  const manager = await nats.manager()
  await manager.streams.update('IDENTITY', { max_msgs: 1 })
  await nats.publish('identity.auth.thing.happened')
  await expect(nats.publish('identity.auth.thing.happened')).rejects.toThrow('maximum messages exceeded')
  expect((await manager.streams.info('IDENTITY')).state).toMatchObject({ messages: 1, first_seq: 1 })
})

test('a stream of before that refuses deletion for good is made anew once all of it has been read, and not sooner', async () => {
  const nats = await startOwnNats()
  const manager = await nats.manager()
  const { config } = await manager.streams.info('IDENTITY')
  await manager.streams.delete('IDENTITY')
  await manager.streams.add({ ...config, deny_delete: true })
  await manager.consumers.add('IDENTITY', { durable_name: 'audit', ack_policy: 'explicit' })
  await nats.publish('identity.auth.thing.happened', 'unread')
  await expect(nats.ensureStreams()).rejects.toThrow('once audit has read it')
  expect((await manager.streams.info('IDENTITY')).state.messages).toBe(1)

  const read: string[] = []
  const deadLetter = async ({ body }: { body: Uint8Array }) => void read.push(`${Buffer.from(body)}`)
  const { stop } = auditOf(nats.as('audit'), { deadLetter })
  await expect.poll(() => read, { timeout: 10_000 }).toEqual(['unread'])
  await stop()
  await nats.ensureStreams()
  expect((await manager.streams.info('IDENTITY')).config).toMatchObject({
    deny_delete: false,
    deny_purge: true,
  })
})
