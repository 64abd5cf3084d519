import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connectToNotes, tenantA, unavailable } from './harness.ts'
import { readInTenant } from './tenant.ts'

test.each([
  ['08006', 'a lost connection'],
  ['25P04', 'a transaction that took too long'],
  ['53100', 'a full disk'],
  ['53300', 'too many connections'],
  ['55P03', 'a lock that is not to be had'],
  ['57014', 'a statement that took too long'],
  ['57P01', 'a server that shuts down'],
  ['58030', 'a broken disk'],
  ['40001', 'a conflict that does not end'],
])('%s, %s, means that one may try again', async (sqlState) => {
  const { db } = await connectToNotes()
  const raise = sql.raw(`do $$ begin raise sqlstate '${sqlState}'; end $$`)
  await expect(readInTenant(db, tenantA, (tx) => tx.execute(raise))).rejects.toMatchObject(unavailable)
  await expect(db.orm.execute(raise)).rejects.toMatchObject(unavailable)
})

test.each(['22P02', '23505', '42501', 'XX000'])('%s is an error like any other', async (sqlState) => {
  const { db } = await connectToNotes()
  const raise = sql.raw(`do $$ begin raise sqlstate '${sqlState}'; end $$`)
  await expect(readInTenant(db, tenantA, (tx) => tx.execute(raise))).rejects.toMatchObject({ code: sqlState })
  await expect(db.orm.execute(raise)).rejects.toMatchObject({ code: sqlState })
})
