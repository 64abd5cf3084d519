import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { purge } from '@gatehouse/db/purge'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { auditOf, type OwnNats, silent, startOwnNats } from '@gatehouse/events/harness'
import { v7 as uuidv7 } from 'uuid'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dataMap } from './data-map.ts'
import { harness, received } from './harness.ts'
import { startErasingMessages } from './privacy/erase-messages.ts'
import { forget } from './privacy/forget.ts'
import { deadLetters } from './privacy-tables.ts'
import { recordEvents } from './recording/record-events.ts'

const soon = { timeout: 20_000, interval: 50 }
const subject = 'identity.directory.tenant.updated'

/** Audit as its process is, beside a NATS of its own. */
async function setUp() {
  const nats = await startOwnNats()
  const { db, recording } = await harness()
  const audit = nats.as('audit')
  const messages = startErasingMessages({ db, nats: audit, log: silent })
  onTestFinished(messages.stop)
  auditOf(audit, {
    handle: (events) => recordEvents(recording, events),
    deadLetter: (letter) => inPlatform(db, (tx) => recording.deadLetters.layAside(tx, [letter])),
  })
  const manager = await nats.manager()
  const untilAllIsTaken = () =>
    vi.waitFor(
      async () =>
        expect(await manager.consumers.info('IDENTITY', 'audit')).toMatchObject({
          num_pending: 0,
          num_ack_pending: 0,
        }),
      soon,
    )
  const directory = nats.as('directory')
  /** Without the id that the stream knows a duplicate by, as if it came after that is forgotten. */
  const publish = async (body: string) => {
    const connection = await directory.connection()
    connection.publish(subject, body)
    await connection.flush()
  }
  const letters = () => readInPlatform(db, (tx) => tx.select().from(deadLetters).orderBy(deadLetters.reason))
  const erase = (userId: string) => forget({ db, messages }, { userId, subjectIds: [] })
  return { nats, db, recording, publish, untilAllIsTaken, letters, erase }
}

/** How often a string stands in the files of the server. */
async function onDisk({ folder }: OwnNats, needle: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1').catch(() => '')),
  )
  return texts.join().split(needle).length - 1
}

/** An event of somebody, with a string that is found nowhere else. */
function did(actorId: string) {
  const canary = `canary${crypto.randomUUID().replaceAll('-', '')}`
  const { envelope } = received('tenant.updated', crypto.randomUUID(), { name: canary }, { actorId })
  return { canary, envelope: { ...envelope, source: 'urn:gatehouse:service:directory' } }
}

test('G1: an event that the stream has several times, since it was sent again after it had forgotten it, is erased each time', async () => {
  const { nats, publish, untilAllIsTaken, erase } = await setUp()
  const [ada, grace] = [uuidv7(), uuidv7()]
  const [hers, others] = [did(ada), did(grace)]
  for (let time = 0; time < 3; time += 1) await publish(JSON.stringify(hers.envelope))
  await publish(JSON.stringify(others.envelope))
  await untilAllIsTaken()
  await publish(JSON.stringify(hers.envelope))
  await untilAllIsTaken()
  expect(await onDisk(nats, hers.canary)).toBe(4)

  await erase(ada)
  expect(await onDisk(nats, hers.canary)).toBe(0)
  expect(await onDisk(nats, others.canary)).toBe(1)
  // And once more, by who had not heard.
  await publish(JSON.stringify(hers.envelope))
  await vi.waitFor(async () => expect(await onDisk(nats, hers.canary)).toBe(0), soon)
})

test('G1: what was being recorded of somebody while they were forgotten is found as well', async () => {
  const { recording, db, erase } = await setUp()
  const [ada, grace] = [uuidv7(), uuidv7()]
  const { envelope } = did(ada)
  const known = received('tenant.updated', crypto.randomUUID(), { name: 'x' }, { actorId: ada })
  await recordEvents(recording, [
    known,
    received('tenant.updated', envelope.tenantid, { name: 'x' }, { actorId: grace }),
  ])
  const [appended, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holdingUp = {
    ...recording,
    append: async (...args: Parameters<typeof recording.append>) => {
      await recording.append(...args)
      appended.resolve()
      await goOn.promise
    },
  }
  const event = { ...known, bytes: Buffer.from(JSON.stringify(envelope)), envelope, sequence: 7 }
  const recorded = recordEvents(holdingUp, [event])
  await appended.promise
  const erased = erase(ada)
  await vi.waitFor(async () => {
    const waiting = await db.orm.execute(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'",
    )
    expect(waiting).toHaveLength(1)
  }, soon)
  goOn.resolve()
  await Promise.all([recorded, erased])
  const noted = await readInPlatform(db, (tx) =>
    tx.execute<{ id: string }>('select event_id as id from outbox_remnants'),
  )
  expect(noted.map(({ id }) => id)).toContain(envelope.id)
})

test('G1: a dead letter goes with everybody whose id stands in it, now or when it comes; what nobody can be told from goes in its time', async () => {
  const { nats, db, recording, publish, untilAllIsTaken, letters, erase } = await setUp()
  const [ada, grace] = [uuidv7(), uuidv7()]
  const [hers, others] = [did(ada), did(grace)]
  const unfit = ({ envelope }: typeof hers, data: object) => JSON.stringify({ ...envelope, data })
  await publish(unfit(hers, { canary: hers.canary }))
  await publish(`{"cut off": "${ada} ${hers.canary}`)
  await publish(unfit(others, { canary: others.canary }))
  await publish(`{"of nobody": "${others.canary}`)
  await untilAllIsTaken()
  expect(await recording.deadLetters.list(10)).toHaveLength(4)

  await erase(ada)
  const left = (await recording.deadLetters.list(10)).map(({ body }) => `${Buffer.from(body)}`)
  expect(left).toHaveLength(2)
  expect(left.join()).not.toContain(hers.canary)
  // That they were there, and why, is still known.
  expect(await letters()).toHaveLength(4)
  const forGood = (await letters()).map(({ sealedBody, expiresAt }) => [
    sealedBody !== null,
    expiresAt !== null,
  ])
  expect(forGood.toSorted()).toEqual([
    [false, false],
    [false, false],
    [true, false],
    [true, true],
  ])
  // In the stream, what is no event stays for its 14 days: nothing tells it from another there.
  expect(await onDisk(nats, hers.canary)).toBe(1)

  await inPlatform(db, (tx) =>
    tx.execute("update dead_letters set expires_at = now() where expires_at < now() + interval '30 days'"),
  )
  await purge(db, dataMap)
  expect(await letters()).toHaveLength(3)

  const late = did(ada)
  await publish(unfit(late, { canary: late.canary }))
  await vi.waitFor(async () => expect(await onDisk(nats, late.canary)).toBe(0), soon)
  expect(await recording.deadLetters.list(10)).toHaveLength(1)
})
