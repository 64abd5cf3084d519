import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connectToNotes, insertNote, notes, tenantA, tenantB } from './harness.ts'
import { inPlatformAtOnce, inTenantAtOnce, readInPlatform, type Tx } from './tenant.ts'

const countOf = (db: Parameters<typeof readInPlatform>[0]) =>
  readInPlatform(db, async (tx) => (await tx.select().from(notes)).length)

test('statements that are sent together are committed together, and their answers come back', async () => {
  const { db } = await connectToNotes()
  const [, , rows] = await inPlatformAtOnce(db, (tx) =>
    Promise.all([insertNote(tenantA)(tx), insertNote(tenantB)(tx), tx.select().from(notes)]),
  )
  expect(rows).toHaveLength(2)
  expect(await countOf(db)).toBe(2)
})

test('they are confined to their tenant', async () => {
  const { db } = await connectToNotes()
  await inTenantAtOnce(db, tenantA, insertNote(tenantA))
  expect(await inTenantAtOnce(db, tenantB, (tx) => tx.select().from(notes))).toEqual([])
  await expect(inTenantAtOnce(db, tenantB, insertNote(tenantA))).rejects.toThrow('row-level security')
})

test('when one of them fails none is committed, and the connection is as good as before', async () => {
  const { db } = await connectToNotes()
  const fails = (tx: Tx) =>
    Promise.all([insertNote(tenantA)(tx), tx.execute(sql`select 1 / 0`), insertNote(tenantA)(tx)])
  for (let n = 0; n < 20; n++) await expect(inPlatformAtOnce(db, fails)).rejects.toThrow('division by zero')
  expect(await countOf(db)).toBe(0)
})

test('a statement that comes after an answer is refused, and is not part of anything else', async () => {
  const { db } = await connectToNotes()
  const late = async (tx: Tx) => {
    await insertNote(tenantA)(tx)
    await insertNote(tenantA)(tx)
  }
  await expect(inPlatformAtOnce(db, late)).rejects.toThrow('The transaction is over.')
  expect(await countOf(db)).toBe(1)
})

test('they are done again when PostgreSQL undid them over a conflict', async () => {
  const { db } = await connectToNotes()
  let attempts = 0
  await inPlatformAtOnce(db, (tx) => {
    attempts += 1
    const raise = sql`do $$ begin raise exception using errcode = '40001'; end $$`
    return Promise.all([insertNote(tenantA)(tx), attempts === 1 ? tx.execute(raise) : undefined])
  })
  expect(attempts).toBe(2)
  expect(await countOf(db)).toBe(1)
})
