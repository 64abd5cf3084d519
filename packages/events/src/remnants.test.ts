import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import * as given from './harness.ts'
import { outbox } from './outbox.ts'
import { startClearingRemnants } from './remnants.ts'

/** An outbox, and an audit that says of some of its events that they are of somebody who was erased. */
async function setUp() {
  const { db } = await given.createOutboxDatabase()
  for (let n = 0; n < 3; n++) await given.start(db)
  const rows = () => readInPlatform(db, (tx) => tx.select().from(outbox).orderBy(outbox.position))
  const ids = (await rows()).map(({ eventId }) => eventId)
  const send = (id: string) =>
    inPlatform(db, (tx) => tx.update(outbox).set({ sentAt: sql`now()` }).where(eq(outbox.eventId, id)))
  const remnants = new Set<string>()
  const told: string[] = []
  const ask = async (cleared: readonly string[]) => {
    told.push(...cleared)
    for (const id of cleared) remnants.delete(id)
    return [...remnants]
  }
  return { db, ids, rows, send, remnants, told, ask }
}

test('G1: what audit has of people who were erased goes from the outbox, and nothing else; audit hears what is gone', async () => {
  const { db, ids, rows, send, remnants, told, ask } = await setUp()
  const [first = '', second = '', third = ''] = ids
  await send(first)
  await send(second)
  const strange = crypto.randomUUID()
  for (const id of [first, strange]) remnants.add(id)
  const clearing = startClearingRemnants({ db, log: given.silent, ask, everyMs: 20 })
  onTestFinished(clearing.stop)
  await clearing.clear()
  expect((await rows()).map(({ eventId }) => eventId)).toEqual([second, third])
  await expect.poll(() => new Set(told)).toEqual(new Set([first, strange]))
})

test('what was not sent yet stays until it is, whatever audit says of it', async () => {
  const { db, ids, rows, send, remnants, told, ask } = await setUp()
  const [first = ''] = ids
  remnants.add(first)
  const clearing = startClearingRemnants({ db, log: given.silent, ask, everyMs: 60_000 })
  onTestFinished(clearing.stop)
  await clearing.clear()
  expect(await rows()).toHaveLength(3)
  expect(told).toEqual([])
  await send(first)
  await clearing.clear()
  expect(await rows()).toHaveLength(2)
  expect(told).toEqual([first])
})
