import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { keyIdIn } from './seal.ts'
import { isWithin, type SealedColumn, stretchesOf } from './sealed-column.ts'

/** What stands for the keys that had no id yet when they sealed something. */
export const withoutId = 'without an id'

/** How many things each key-encryption key has sealed, by its id. */
export async function keysInUse(
  db: Database,
  columns: readonly SealedColumn[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const sealed of columns) {
    for await (const { from, to } of stretchesOf(db, sealed)) {
      for (const { header, count } of await countIn(db, sealed, from, to)) {
        const id = header === null ? withoutId : (keyIdIn(`${header}....`) ?? withoutId)
        counts.set(id, (counts.get(id) ?? 0) + count)
      }
    }
  }
  return counts
}

const countIn = (db: Database, { column, lacking }: SealedColumn, from: string, to: string) =>
  readInPlatform(db, (tx) =>
    tx.execute<{ header: string | null; count: number }>(sql`
      select split_part(${column}, '.', 1) as header, count(*)::int as count from ${column.table}
      where ${isWithin(from, to)} and ${lacking ? sql`true` : sql`${column} is not null`} group by 1`),
  )
