import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connectToNotes, note, notes, tenantA, unavailable } from './harness.ts'
import { inTenant, readInTenant, type Tx } from './tenant.ts'

const undo = (tx: Tx, sqlState: string) =>
  tx.execute(sql.raw(`do $$ begin raise sqlstate '${sqlState}'; end $$`))

test('of transactions that lock each other out, all are done in the end', async () => {
  const { db } = await connectToNotes()
  const [one, two] = [note(tenantA, ''), note(tenantA, '')]
  await inTenant(db, tenantA, (tx) => tx.insert(notes).values([one, two]))
  let waiting = 2
  const bothAreIn = Promise.withResolvers<void>()
  const append = (tx: Tx, id: string) =>
    tx
      .update(notes)
      .set({ body: sql`${notes.body} || 'x'` })
      .where(eq(notes.id, id))
  const appendTo = (first: string, second: string) =>
    inTenant(db, tenantA, async (tx) => {
      await append(tx, first)
      waiting -= 1
      if (waiting === 0) bothAreIn.resolve()
      await bothAreIn.promise
      await append(tx, second)
    })
  await Promise.all([appendTo(one.id, two.id), appendTo(two.id, one.id)])
  expect(waiting).toBeLessThan(0)
  expect(await readInTenant(db, tenantA, (tx) => tx.select({ body: notes.body }).from(notes))).toEqual([
    { body: 'xx' },
    { body: 'xx' },
  ])
})

test.each(['40001', '40P01'])(
  'work that ended in a %s is done again from its beginning',
  async (sqlState) => {
    const { db } = await connectToNotes()
    let runs = 0
    const result = await inTenant(db, tenantA, async (tx) => {
      runs += 1
      await tx.insert(notes).values(note(tenantA))
      if (runs < 4) await undo(tx, sqlState)
      return 'done'
    })
    expect({ runs, result }).toEqual({ runs: 4, result: 'done' })
    expect(await readInTenant(db, tenantA, (tx) => tx.$count(notes))).toBe(1)
  },
)

test('work that meets a conflict four times is given up, and its caller may try again', async () => {
  const { db } = await connectToNotes()
  let runs = 0
  const work = inTenant(db, tenantA, async (tx) => {
    runs += 1
    await undo(tx, '40001')
  })
  await expect(work).rejects.toMatchObject(unavailable)
  expect(runs).toBe(4)
})

test('no other failure makes work run twice', async () => {
  const { db } = await connectToNotes()
  let runs = 0
  const work = inTenant(db, tenantA, async (tx) => {
    runs += 1
    await undo(tx, '23514')
  })
  await expect(work).rejects.toMatchObject({ code: '23514' })
  expect(runs).toBe(1)
})
