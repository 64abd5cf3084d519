import type { Database } from '@gatehouse/db/connect'
import type { DataMap, TableData } from '@gatehouse/db/data-map'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'

interface Erasing {
  /** Makes somebody who has a row in every table of people, with something in every column. @returns their id */
  readonly endow: () => Promise<string>
  readonly erase: (userId: string) => Promise<unknown>
}

/**
 * Holds the erasure of a service to its data map: what that says is deleted, or blanked, of a person is. A table or column
 * that is added to the map fails here until the test has one of it, and erasing reaches it.
 */
export function sweepErasure(db: Database, map: DataMap, { endow, erase }: Erasing): void {
  test('S9: all that the data map has of a person is gone once they are erased, table by table and column by column', async () => {
    const userId = await endow()
    await rememberRequestOf(db, userId)
    const before = await heldOn(db, map, userId)
    for (const [table, rows] of Object.entries(before)) {
      expect(rows, `${table} has nothing of them before`).not.toEqual([])
      expect(emptyIn(rows, map[table]), `${table} is empty here before`).toEqual([])
    }
    await erase(userId)
    for (const [table, rows] of Object.entries(await heldOn(db, map, userId))) {
      const kept = rows.flatMap((row) =>
        Object.entries(row).filter(([column, value]) => before[table]?.some((one) => one[column] === value)),
      )
      expect(kept, `${table} has something of them still`).toEqual([])
      if (map[table]?.erasure === 'deleted') expect(rows, table).toEqual([])
    }
  })
}

type Row = Readonly<Record<string, unknown>>

/** What is personal of each row that names somebody, of the tables that they are to be erased from. */
async function heldOn(db: Database, map: DataMap, userId: string): Promise<Record<string, readonly Row[]>> {
  const held: Record<string, readonly Row[]> = {}
  for (const [table, { subject = [], personal = [], erasure }] of Object.entries(map)) {
    if (subject.length === 0 || (erasure !== 'deleted' && erasure !== 'blanked')) continue
    const theirs = subject.map((column) => sql`${sql.identifier(column)}::text = ${userId}`)
    const columns = personal.map((column) => sql.identifier(column))
    held[table] = await readInPlatform(db, (tx) =>
      tx.execute<Record<string, unknown>>(sql`
        select to_jsonb(r) as row from (
          select ${sql.join(columns, sql`, `)} from ${sql.identifier(table)} where ${sql.join(theirs, sql` or `)}) r`),
    ).then((rows) => rows.map(({ row }) => row as Row))
  }
  return held
}

/** Of what is to be blanked and goes on naming them, the columns in which there is nothing to blank. */
function emptyIn(rows: readonly Row[], { erasure, subject = [], blanks = {} }: TableData = {}): string[] {
  if (erasure !== 'blanked' || subject.some((column) => column in blanks)) return []
  return rows.flatMap((row) =>
    Object.entries(row).flatMap(([column, value]) => (value === null ? [column] : [])),
  )
}

/** A request that they made and that may come again. */
const rememberRequestOf = (db: Database, userId: string) =>
  inPlatform(db, (tx) =>
    tx.execute(sql`
      insert into idempotency_keys (digest, body_digest, result, actor_id)
      values (convert_to(${userId}, 'UTF8'), '', '{}', ${userId})`),
  )
