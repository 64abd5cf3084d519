import { expect, onTestFinished, test, vi } from 'vitest'
import { auditOf, silent, startOwnNats } from './harness.ts'
import { keepStreams } from './keep-streams.ts'

const soon = { timeout: 15_000, interval: 20 }

async function setUp() {
  const nats = await startOwnNats()
  const keeping = keepStreams({ nats: nats.provisioner, log: silent, everyMs: 50, maxBytes: 64 * 1024 ** 2 })
  onTestFinished(keeping.stop)
  const audit = auditOf(nats.as('audit'), {
    deadLetter: async ({ body }) => void arrived.push(`${Buffer.from(body)}`),
  })
  const arrived: string[] = []
  const publish = (text: string) =>
    vi.waitFor(() => nats.publish('identity.auth.session.started', text), soon)
  const arrives = (text: string) => vi.waitFor(() => expect(arrived).toContain(text), soon)
  return { nats, audit, publish, arrives, manager: await nats.manager() }
}

test('a durable consumer that somebody deletes is made anew, and what is consumed goes on without a hand', async () => {
  const { publish, arrives, manager } = await setUp()
  await publish('before')
  await arrives('before')
  await manager.consumers.delete('IDENTITY', 'audit')
  await publish('after')
  await arrives('after')
})

test('a stream that somebody deletes is made anew, and what is consumed goes on without a hand', async () => {
  const { audit, publish, arrives, manager } = await setUp()
  await publish('before')
  await arrives('before')
  await manager.streams.delete('IDENTITY')
  await publish('after')
  await arrives('after')
  await vi.waitFor(() => expect(audit.isHealthy()).toBe(true), soon)
})

test('streams are there again when NATS has lost its volume', async () => {
  const { nats, publish, arrives } = await setUp()
  await nats.kill()
  await nats.empty()
  await nats.start()
  await publish('after')
  await arrives('after')
})

test('what is there is left as it is', async () => {
  const { manager, publish, arrives } = await setUp()
  const { created } = await manager.streams.info('IDENTITY')
  await manager.streams.update('IDENTITY', { description: 'as somebody else would have it' })
  await publish('one')
  await arrives('one')
  const { created: since, config } = await manager.streams.info('IDENTITY')
  expect({ since, description: config.description }).toEqual({
    since: created,
    description: 'as somebody else would have it',
  })
})
