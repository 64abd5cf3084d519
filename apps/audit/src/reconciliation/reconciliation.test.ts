import type { Permission } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received } from '../harness.ts'

let backlog = async () => 1000
const { app, db, as, record, recording } = await harness({ backlog: () => backlog() })

const tenant = { name: 'Engines', type: 'customer', country: 'GB' }
const event = () => received('tenant.created', uuidv7(), tenant)
const soughtOf = ({ envelope }: ReturnType<typeof event>) => ({
  id: envelope.id,
  occurredAt: envelope.time,
})
const permissions: Permission[] = ['audit:reconcile']
const ask = async (service: string, events: object[], kind: 'service' | 'user' = 'service') =>
  app.inject({
    method: 'POST',
    url: '/api/internal/audit-logs/missing',
    headers: await as({ kind, subject: service, permissions }),
    payload: { events },
  })

test('a service learns which of the events that it has sent are not recorded, of whatever tenant', async () => {
  const [recorded, lost, alsoRecorded] = [event(), event(), event()]
  await record(recorded, alsoRecorded)
  const answer = await ask('directory', [recorded, lost, alsoRecorded].map(soughtOf))
  expect(answer.json()).toEqual({ missing: [lost.envelope.id] })
})

test('what another service has sent under the same id does not count', async () => {
  const recorded = event()
  await record(recorded)
  const answer = await ask('auth', [soughtOf(recorded)])
  expect(answer.json()).toEqual({ missing: [recorded.envelope.id] })
})

test('what lies among the dead letters is not lost, unless another service put it there', async () => {
  const [laidAside, forged] = [event(), event()]
  const letterOf = (id: string, subject: string) => ({
    id: uuidv7(),
    subject,
    body: Buffer.from(JSON.stringify({ id })),
    reason: 'test',
  })
  await inPlatform(db, (tx) =>
    recording.deadLetters.layAside(tx, [
      letterOf(laidAside.envelope.id, 'identity.directory.tenant.created'),
      letterOf(forged.envelope.id, 'identity.auth.tenant.created'),
    ]),
  )
  const answer = await ask('directory', [laidAside, forged].map(soughtOf))
  expect(answer.json()).toEqual({ missing: [forged.envelope.id] })
})

test.each([
  ['while more lies on its way than is in hand', async () => 1001],
  ['while it cannot tell what does', () => Promise.reject(new Error('NATS is away'))],
])('nothing is called missing %s, so that a backlog is not sent once more', async (_, waiting) => {
  backlog = waiting
  const answer = await ask('directory', [soughtOf(event())])
  expect(answer.json()).toMatchObject({ status: 503, code: 'audit_log.far_behind' })
  expect(answer.headers['retry-after']).toBe('5')
  backlog = async () => 0
  expect((await ask('directory', [soughtOf(event())])).json().missing).toHaveLength(1)
})

test('four hundred are asked about at once, and not one more', async () => {
  const sought = Array.from({ length: 400 }, () => soughtOf(event()))
  const answer = await ask('directory', sought)
  expect(answer.json().missing.toSorted()).toEqual(sought.map(({ id }) => id).toSorted())
  expect((await ask('directory', [...sought, soughtOf(event())])).statusCode).toBe(400)
})

test('nobody but a service can ask', async () => {
  expect((await ask(uuidv7(), [soughtOf(event())], 'user')).statusCode).toBe(403)
})
