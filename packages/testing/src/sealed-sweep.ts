import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { getTableName, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'

/** Holds the list of what a service has sealed to its database: every column of text that says `sealed` stands in it. */
export function sweepSealedColumns(db: Database, sealed: readonly SealedColumn[]): void {
  test('every sealed column is in the list of those that are sealed anew', async () => {
    const columns = await readInPlatform(db, (tx) =>
      tx.execute<{ name: string }>(sql`
        select c.relname || '.' || a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
          and not a.attisdropped and a.atttypid = 'text'::regtype and a.attname ~ 'sealed'`),
    )
    const listed = sealed.map(({ column }) => `${getTableName(column.table)}.${column.name}`)
    expect(listed.toSorted()).toEqual(columns.map(({ name }) => name).sort())
  })
}
