import { serviceNames } from '@gatehouse/contracts/events'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { auditOf, type OwnNats, startOwnNats } from './harness.ts'

let nats: OwnNats
beforeAll(async () => {
  const ends: (() => Promise<void>)[] = []
  nats = await startOwnNats((end) => ends.unshift(end))
  return async () => {
    for (const end of ends) await end()
  }
})

/** Those subjects that the server lets the connection publish on. */
async function allowed(connection: NatsConnection, subjects: readonly string[]) {
  const refused: string[] = []
  const statuses = connection.status()
  const watching = (async () => {
    for await (const { type, ...status } of statuses) {
      if (type === 'error' && 'error' in status) refused.push(`${status.error.message}`)
    }
  })()
  for (const subject of subjects) connection.publish(subject)
  await connection.flush()
  await connection.close()
  await watching
  return subjects.filter((subject) => !refused.includes(`Permissions Violation for Publish to "${subject}"`))
}

describe.each(serviceNames)('%s', (service) => {
  const others = serviceNames.filter((other) => other !== service)

  test('publishes its own events and revocations', async () => {
    const js = jetstream(await nats.as(service).connection())
    expect(await js.publish(`identity.${service}.thing.happened`, '{}')).toMatchObject({ stream: 'IDENTITY' })
    expect(await js.publish(`revocation.${service}.session.x`, '{}')).toMatchObject({ stream: 'REVOCATIONS' })
  })

  test('publishes nothing in the name of another, and changes no stream or consumer', async () => {
    const own = `identity.${service}.thing.happened`
    const subjects = [
      own,
      ...others.flatMap((other) => [`identity.${other}.thing.happened`, `revocation.${other}.session.x`]),
      ...others.map((other) => `dead_letter.${other}.IDENTITY`),
      'identity.thing',
      'revoked.auth.session.x',
      '$JS.API.STREAM.CREATE.MINE',
      '$JS.API.STREAM.UPDATE.IDENTITY',
      '$JS.API.STREAM.DELETE.IDENTITY',
      '$JS.API.STREAM.PURGE.IDENTITY',
      '$JS.API.STREAM.RESTORE.IDENTITY',
      '$JS.API.STREAM.MSG.DELETE.REVOCATIONS',
      '$JS.API.DIRECT.GET.IDENTITY',
      '$JS.API.DIRECT.GET.REVOCATIONS',
      '$JS.API.CONSUMER.CREATE.IDENTITY.mine',
      '$JS.API.CONSUMER.CREATE.REVOCATIONS.mine',
      '$JS.API.CONSUMER.DURABLE.CREATE.IDENTITY.audit',
      '$JS.API.CONSUMER.DELETE.IDENTITY.audit',
      '$JS.API.CONSUMER.MSG.NEXT.REVOCATIONS.mine',
      '$JS.ACK.REVOCATIONS.mine.1.1.1.1.0',
      ...others
        .filter((other) => other !== 'audit')
        .map((other) => `$JS.API.CONSUMER.INFO.IDENTITY.${other}`),
      ...others.flatMap((other) => [
        `$JS.API.CONSUMER.MSG.NEXT.IDENTITY.${other}`,
        `$JS.ACK.IDENTITY.${other}.1.1.1.1.0`,
      ]),
    ]
    expect(await allowed(await nats.as(service).connection(), subjects)).toEqual([own])
  })

  const foreign = [
    'identity.>',
    '$JS.API.>',
    '$JS.ACK.>',
    '_INBOX.>',
    '>',
    ...others.map((other) => `_INBOX_${other}.>`),
  ]
  test.each(foreign)('may not listen to %s', async (subject) => {
    const { closed } = (await nats.as(service).connection()).subscribe(subject, { callback() {} })
    expect(await closed).toMatchObject({ message: expect.stringContaining('Permissions Violation') })
  })
})

test('nobody but audit says, or reads, how far the ledgers are signed', async () => {
  const subjects = ['checkpoint.x', '$JS.API.STREAM.MSG.GET.CHECKPOINTS']
  const others = [...serviceNames.filter((service) => service !== 'audit')]
  for (const other of others) expect(await allowed(await nats.as(other).connection(), subjects)).toEqual([])
  const provisioner = await nats.as('provisioner').connection()
  expect(await allowed(provisioner, ['checkpoint.x'])).toEqual([])
  expect(await allowed(await nats.as('audit').connection(), subjects)).toEqual(subjects)
  const deletion = ['$JS.API.STREAM.MSG.DELETE.CHECKPOINTS', '$JS.API.STREAM.PURGE.CHECKPOINTS']
  expect(await allowed(await nats.as('audit').connection(), deletion)).toEqual([])
})

test('G1: nobody but audit reads a message of IDENTITY by its number, or erases it; nor does audit empty the stream', async () => {
  const subjects = ['$JS.API.STREAM.MSG.GET.IDENTITY', '$JS.API.STREAM.MSG.DELETE.IDENTITY']
  const others = [...serviceNames.filter((service) => service !== 'audit')]
  for (const other of others) expect(await allowed(await nats.as(other).connection(), subjects)).toEqual([])
  const purging = ['$JS.API.STREAM.PURGE.IDENTITY', '$JS.API.STREAM.MSG.DELETE.DEAD_LETTERS']
  expect(await allowed(await nats.as('audit').connection(), [...subjects, ...purging])).toEqual(subjects)
})

test('G2: nobody but the directory says who was erased, and nobody takes that back', async () => {
  const said = ['erasure.person.x', 'erasure.along.x']
  const taken = ['$JS.API.STREAM.MSG.DELETE.ERASURES', '$JS.API.STREAM.PURGE.ERASURES']
  for (const service of serviceNames) {
    const may = await allowed(await nats.as(service).connection(), [...said, ...taken])
    expect(may).toEqual(service === 'directory' ? said : [])
  }
})

test('the provisioner publishes no event', async () => {
  const subjects = ['identity.auth.thing.happened', 'revocation.auth.session.x', 'dead_letter.audit.IDENTITY']
  expect(await allowed(await nats.as('provisioner').connection(), subjects)).toEqual([])
})

test('a service cannot have the server speak for another one by naming its subject as the reply', async () => {
  const { handled } = auditOf(nats.as('audit'), { deadLetter })
  const letters: string[] = []
  async function deadLetter({ subject, reason }: { subject: string; reason: string }) {
    if (subject === reply) letters.push(reason)
  }
  const reply = 'identity.directory.user.registered'
  const connection = await nats.as('auth').connection()
  const { seq } = await jetstream(connection).publish('revocation.auth.session.forged', '{"any":"thing"}')
  connection.publish('$JS.API.STREAM.MSG.GET.REVOCATIONS', JSON.stringify({ seq }), { reply })
  connection.publish('identity.auth.thing.happened', '{}', { reply })
  await vi.waitFor(
    () =>
      expect(letters).toEqual([
        expect.stringMatching(/^not an envelope/),
        expect.stringMatching(/^not an envelope/),
      ]),
    10_000,
  )
  expect(handled).toEqual([])
})

test('a service reads the revocations of all', async () => {
  await jetstream(await nats.as('auth').connection()).publish('revocation.auth.session.read', '{}')
  const manager = await jetstreamManager(await nats.as('directory').connection(), { checkAPI: false })
  expect((await manager.streams.info('REVOCATIONS')).state.messages).toBeGreaterThan(0)
})
