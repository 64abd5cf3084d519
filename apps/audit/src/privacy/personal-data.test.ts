import { createHash } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { gte, lte } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received, unknownEvent } from '../harness.ts'
import { messageRemnants } from '../privacy-tables.ts'
import { forgetAgain } from './forget.ts'

const { app, db, record, as } = await harness()

/** The events whose messages are to be erased from the stream. */
const toErase = async () =>
  (
    await readInPlatform(db, (tx) =>
      tx.select().from(messageRemnants).where(lte(messageRemnants.sequence, 5)),
    )
  ).map(({ eventId }) => eventId)

interface Read {
  readonly table: string
  readonly record: {
    readonly id: string
    readonly action: string
    readonly origin: object
    readonly details: object
  }
}

/** All that a person is told of, part by part. */
async function read(subject: string) {
  const headers = await as({ subject, actor: 'directory' })
  const records: Read[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor && `?cursor=${cursor}`
    const answer = await app.inject({ url: `/api/internal/audit/personal-data${query}`, headers })
    expect(answer.statusCode).toBe(200)
    records.push(...answer.json().records)
    cursor = answer.json().nextCursor
  }
  return records
}

const did = (actorId: string, tenantId: string, time?: string) =>
  received('tenant.updated', tenantId, { name: 'Engines' }, { actorId, ...(time && { time }) })

test('G3: a person is told of all that they did in any tenant, each once, however many and at whatever time', async () => {
  const [ada, tenants] = [uuidv7(), [crypto.randomUUID(), crypto.randomUUID()]]
  const time = new Date().toISOString()
  const events = tenants.flatMap((tenantId) =>
    Array.from({ length: 600 }, (_, n) => did(ada, tenantId, n % 2 ? time : undefined)),
  )
  for (let at = 0; at < events.length; at += 400) await record(...events.slice(at, at + 400))
  await record(did(uuidv7(), tenants[0] ?? ''))
  const ids = (await read(ada)).map((each) => each.record.id)
  expect(ids.toSorted()).toEqual(events.map(({ envelope }) => envelope.id).sort())
})

test('G3: a person is told of what others did that is of them, and not of what is of others that they did', async () => {
  const [ada, grace, tenantId] = [uuidv7(), uuidv7(), crypto.randomUUID()]
  const role = (actorId: string, userId: string) =>
    received('role.assigned', tenantId, { userId, roles: [`of ${userId}`] }, { actorId })
  await record(role(grace, ada), role(ada, grace), role(ada, ada))
  const told = await read(ada)
  expect(told.map(({ table }) => table).sort()).toEqual([
    'entries about them',
    'entries by them',
    'entries by them',
  ])
  expect(JSON.stringify(told)).not.toContain(`of ${grace}`)
  const [about] = told.filter(({ table }) => table === 'entries about them')
  expect(about?.record).toMatchObject({ action: 'role.assigned', origin: null })
  expect(JSON.stringify(about?.record.details)).toContain(`of ${ada}`)
  const own = told.filter(({ table }) => table === 'entries by them')
  expect(own.map((each) => each.record.origin)).toEqual([
    { sourceIp: '192.0.2.1', userAgent: 'test' },
    { sourceIp: '192.0.2.1', userAgent: 'test' },
  ])
})

/** What an API key did to somebody; before it was told for whom, without its owner. */
function byKey(owner: string | undefined, tenantId: string, userId: string) {
  const { envelope } = received('role.assigned', tenantId, { userId, roles: [] })
  return unknownEvent({ ...envelope, actortype: 'api_key', actorid: uuidv7(), actorowner: owner })
}

test('G1, G3: where an API key was used from is of the person whom it acts for: told them, and gone with them', async () => {
  const [ada, grace, tenantId] = [uuidv7(), uuidv7(), crypto.randomUUID()]
  const [theirs, old, others] = [
    byKey(ada, tenantId, grace),
    byKey(undefined, tenantId, grace),
    byKey(grace, tenantId, ada),
  ]
  const all = [theirs, old, others].map((event, n) => ({ ...event, sequence: 100 + n }))
  await record(...all)
  const told = await read(ada)
  expect(told.map(({ table, record }) => [table, record.id, record.origin !== null])).toEqual([
    ['entries by their API keys', theirs.envelope.id, true],
    ['entries about them', others.envelope.id, false],
  ])
  expect(JSON.stringify(told[0]?.record.details)).not.toContain(grace)

  await forgetAgain(db, [createHash('sha256').update(ada).digest('hex')])
  expect((await read(ada)).map(({ record }) => record.origin)).toEqual([null, null])
  const asReader = await as({ tenantId, permissions: ['audit:read'] })
  const origins = await Promise.all(
    all.map(async ({ envelope: { id } }) => {
      const { sourceIp, erased } = (
        await app.inject({ url: `/api/audit-logs/${id}`, headers: asReader })
      ).json()
      return [sourceIp, erased]
    }),
  )
  expect(origins).toEqual([
    [null, true],
    ['192.0.2.1', false],
    ['192.0.2.1', true],
  ])
  const noted = await readInPlatform(db, (tx) =>
    tx.select().from(messageRemnants).where(gte(messageRemnants.sequence, 100)),
  )
  expect(noted.map(({ sequence }) => sequence).sort()).toEqual([100, 102])
})

test('nobody is told but through the directory, whatever they may read', async () => {
  const url = '/api/internal/audit/personal-data'
  for (const headers of [
    await as({ permissions: ['audit:read'] }),
    await as({ kind: 'service', subject: 'directory', actor: 'directory' }),
    await as({ actor: 'partner-gateway' }),
  ])
    expect((await app.inject({ url, headers })).statusCode).toBe(403)
})

test('G1: a person who is erased is told nothing any more that is theirs, also of what comes later; others are', async () => {
  const [ada, grace, tenantId] = [uuidv7(), uuidv7(), crypto.randomUUID()]
  const role = (userId: string) =>
    received('role.assigned', tenantId, { userId, roles: [`of ${userId}`] }, { actorId: userId })
  await record(role(ada), role(grace))
  const headers = await as({ kind: 'service', subject: 'directory', permissions: ['erasures:write'] })
  const erase = async () =>
    app.inject({
      method: 'POST',
      url: '/api/internal/audit/erasures',
      headers,
      payload: { userId: ada, subjectIds: [] },
    })
  const first = (await erase()).json()
  expect(first).toMatchObject({ erased: { subject_keys: 1 } })
  expect((await erase()).json()).toEqual(first)
  await record(role(ada))
  expect(JSON.stringify(await read(ada))).not.toMatch(/of 0|192\.0\.2\.1/)
  expect(await read(ada)).toHaveLength(2)
  expect(JSON.stringify(await read(grace))).toContain(`of ${grace}`)
})

test('G1: of who is erased, what services and the stream still have is noted to go: what is recorded, and what comes later', async () => {
  const [ada, grace, tenantId] = [uuidv7(), uuidv7(), crypto.randomUUID()]
  const ofAda = [
    did(ada, tenantId),
    received('role.assigned', tenantId, { userId: ada, roles: [] }, { actorId: grace }),
  ]
  const late = did(ada, tenantId)
  const events = [...ofAda, did(grace, tenantId)].map((event, n) => ({ ...event, sequence: n + 1 }))
  await record(...events)
  const headers = await as({ kind: 'service', subject: 'directory', permissions: ['erasures:write'] })
  const url = '/api/internal/audit/erasures'
  const payload = { userId: ada, subjectIds: [] }
  const answer = await app.inject({ method: 'POST', url, headers, payload })
  expect(answer.statusCode).toBe(200)
  await record(Object.assign(late, { sequence: 4 }))
  const ids = [...ofAda, late].map(({ envelope }) => envelope.id)
  // The same once more, sent again.
  await record(Object.assign(late, { sequence: 5 }))
  const erasing = await toErase()
  expect(erasing.filter((id) => id === late.envelope.id)).toHaveLength(2)
  expect(erasing).toEqual(expect.arrayContaining(ids))
  expect(erasing).not.toContain(events.at(-1)?.envelope.id)
  const ask = async (service: string, cleared: string[]) => {
    const asking = await as({ kind: 'service', subject: service, permissions: ['audit:reconcile'] })
    const answer = await app.inject({
      method: 'POST',
      url: '/api/internal/audit-logs/remnants',
      headers: asking,
      payload: { cleared },
    })
    return answer.json().remnants as string[]
  }
  const told = await ask('directory', [])
  expect(told).toEqual(expect.arrayContaining(ids))
  // What another service says it has cleared away is nothing to this one.
  await ask('auth', told)
  expect(await ask('directory', [])).toEqual(told)
  expect(await ask('directory', told)).toEqual([])
})

test('G2: who was forgotten and is back from a backup is forgotten again; others are not', async () => {
  const [ada, grace, tenantId] = [uuidv7(), uuidv7(), crypto.randomUUID()]
  await record(did(ada, tenantId), did(grace, tenantId))
  const digests = [createHash('sha256').update(ada).digest('hex')]
  expect(await forgetAgain(db, digests)).toBe(1)
  expect(await forgetAgain(db, digests)).toBe(0)
  expect(JSON.stringify(await read(ada))).not.toContain('192.0.2.1')
  expect(JSON.stringify(await read(grace))).toContain('192.0.2.1')
})
