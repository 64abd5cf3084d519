import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Database } from '@gatehouse/db/connect'
import { type DataMap, dataMapTable } from '@gatehouse/db/data-map'
import { purge } from '@gatehouse/db/purge'
import { readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'

/**
 * Holds the data map of a service to its database and to its README: every column of every table is in one class, none
 * is declared that isn't there, what expires can be deleted, and the README shows the map between its two comments (`vitest -u` writes it).
 * @param readme its address
 */
export function sweepDataMap(db: Database, map: DataMap, readme: URL): void {
  test('G3: every column of every table is in one class of the data map', async () => {
    const columns = await readInPlatform(db, (tx) =>
      tx.execute<{ table: string; column: string }>(sql`
        select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`),
    )
    const declared = Object.entries(map).flatMap(
      ([table, { subject = [], personal = [], secret = [], technical = [] }]) =>
        [...subject, ...personal, ...secret, ...technical].map((column) => `${table}.${column}`),
    )
    expect(declared.toSorted()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).sort())
  })

  test('what the data map says has its time the service can delete itself', () =>
    expect(purge(db, map)).resolves.toBeUndefined())

  test('the README shows the data map as it is', async () => {
    const text = await readFile(readme, 'utf8')
    const [, before, after] = /^(.*<!-- data map[^>]*-->\n).*(<!-- end -->.*)$/s.exec(text) ?? []
    const written = `${before}${dataMapTable(map)}\n${after}`
    await expect(written).toMatchFileSnapshot(fileURLToPath(readme))
  })
}
