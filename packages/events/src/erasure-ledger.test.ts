import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type GoneKind, noteGone, readGone } from './erasure-ledger.ts'
import { type OwnNats, startOwnNats } from './harness.ts'

const digestOf = (id: string) => createHash('sha256').update(id).digest('hex')

const partsOf = async (nats: OwnNats, as: Parameters<OwnNats['as']>[0], kind: GoneKind) => {
  const parts: string[][] = []
  for await (const part of readGone(nats.as(as), kind)) parts.push(part)
  return parts
}
const read = async (...of: Parameters<typeof partsOf>) => (await partsOf(...of)).flat()

test('G2: whoever was erased is written down once, by a digest, for good, and every service reads it', async () => {
  const nats = await startOwnNats()
  const [ada, grace, tenant] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  expect(await read(nats, 'auth', 'person')).toEqual([])
  const directory = nats.as('directory')
  await noteGone(directory, { userId: ada, alongIds: [tenant] })
  await noteGone(directory, { userId: ada, alongIds: [tenant] })
  await noteGone(directory, { userId: grace, alongIds: [] })
  for (const service of ['auth', 'directory', 'audit', 'partner-gateway'] as const) {
    expect(await read(nats, service, 'person')).toEqual([ada, grace].map(digestOf))
    expect(await read(nats, service, 'along')).toEqual([digestOf(tenant)])
  }
  const { state, config } = await (await nats.manager()).streams.info('ERASURES')
  expect(state.messages).toBe(3)
  expect(config).toMatchObject({ max_age: 0, max_msgs_per_subject: 1, deny_delete: true, deny_purge: true })
})

test('more than are read at once come in parts, each once', async () => {
  const nats = await startOwnNats()
  const directory = nats.as('directory')
  const ids = Array.from({ length: 501 }, () => crypto.randomUUID())
  await Promise.all(ids.map((userId) => noteGone(directory, { userId, alongIds: [] })))
  const parts = await partsOf(nats, 'audit', 'person')
  expect(parts.map(({ length }) => length)).toEqual([500, 1])
  expect(parts.flat().toSorted()).toEqual(ids.map(digestOf).toSorted())
})
