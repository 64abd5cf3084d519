import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connectToNotes, insertNote, notes, tenantA, tenantB } from './harness.ts'
import { prepared, statement } from './orm.ts'
import { inTenant, readInTenant, type Tx } from './tenant.ts'

const byBody = prepared((tx) =>
  tx
    .select({ body: notes.body })
    .from(notes)
    .where(sql`${notes.body} like ${sql.placeholder('pattern')}`)
    .prepare('notes_by_body'),
)

test('a prepared query runs in the transaction that it is given', async () => {
  const { db } = await connectToNotes()
  await inTenant(db, tenantA, insertNote(tenantA, 'of A'))
  await inTenant(db, tenantB, insertNote(tenantB, 'of B'))
  const find = (tx: Tx) => byBody(tx).execute({ pattern: 'of %' })
  const both = [readInTenant(db, tenantA, find), readInTenant(db, tenantB, find)]
  expect(await Promise.all(both)).toEqual([[{ body: 'of A' }], [{ body: 'of B' }]])
  expect(await byBody(db.orm).execute({ pattern: 'of %' })).toEqual([])
})

const countLike = prepared((orm) =>
  statement<{ n: number }>(
    orm,
    sql`select count(*)::int as n from ${notes} where body like ${sql.placeholder('pattern')}`,
  ),
)

test('a prepared statement in SQL runs in the transaction that it is given, with the values that it is given', async () => {
  const { db } = await connectToNotes()
  await inTenant(db, tenantA, insertNote(tenantA, 'of A'))
  const count = (pattern: string) => (tx: Tx) => countLike(tx).execute({ pattern })
  expect(await readInTenant(db, tenantA, count('of %'))).toEqual([{ n: 1 }])
  expect(await readInTenant(db, tenantA, count('by %'))).toEqual([{ n: 0 }])
  expect(await readInTenant(db, tenantB, count('of %'))).toEqual([{ n: 0 }])
})

test('a prepared query sees what its transaction has not committed, and is refused after its end', async () => {
  const { db } = await connectToNotes()
  const ended = await inTenant(db, tenantA, async (tx) => {
    await insertNote(tenantA, 'own')(tx)
    expect(await byBody(tx).execute({ pattern: 'own' })).toEqual([{ body: 'own' }])
    return byBody(tx)
  })
  await expect(ended.execute({ pattern: 'own' })).rejects.toThrow('The transaction is over.')
})

test('PostgreSQL parses a prepared query once a connection', async () => {
  const { db } = await connectToNotes({ poolSize: 1 })
  for (let time = 0; time < 3; time += 1) {
    await readInTenant(db, tenantA, (tx) => byBody(tx).execute({ pattern: 'x' }))
  }
  const kept = sql`select calls::int from (select generic_plans + custom_plans as calls, statement
    from pg_prepared_statements) s where statement like '%"notes"."body" like%'`
  expect(await db.orm.execute(kept)).toEqual([{ calls: 3 }])
})

test('neither many statements nor long ones fill the server’s memory', async () => {
  const { db } = await connectToNotes({ poolSize: 1 })
  const longest = `select max(length(statement)) as length, count(*)::int as n from pg_prepared_statements`
  await db.orm.execute(
    sql`select ${1}::int as ${sql.identifier('x'.repeat(50))}, ${'x'} as ${sql.raw('"y"'.padEnd(3_000))}`,
  )
  for (let n = 0; n < 250; n += 1) await db.orm.execute(sql`select ${n}::int as ${sql.identifier(`n${n}`)}`)
  const [kept] = await db.orm.execute<{ length: number; n: number }>(sql.raw(longest))
  expect(kept?.n).toBeLessThan(210)
  expect(kept?.length).toBeLessThan(2_000)
})
