import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { getTableName, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Seal } from './seal.ts'

/** A column with what `Seal` has sealed. Every one stands in the list of its service, or it can't be sealed anew. */
export interface SealedColumn {
  readonly column: PgColumn
  /** What of the row `about` is made of, as text. */
  readonly of: PgColumn | SQL
  /** What it was sealed about. */
  about(of: string): string
  /** What belongs into a row that has nothing in this column, since it is from before there was the column. */
  lacking?(seal: Seal, of: string): string
}

/** A part of a table: its rows from one place (ctid) to another, as many as can be read in one go. */
export interface Stretch {
  readonly from: string
  readonly to: string
  /** How much of the table has been gone through with it, from 0 to 1. */
  readonly done: number
}

/** Pages (8 kB) of a table that are read in one go. */
const pagesAtOnce = 1000

/** Goes through a table as it is stored, so that no index is needed, and no read is longer for a larger table. */
export async function* stretchesOf(db: Database, { column }: SealedColumn): AsyncGenerator<Stretch> {
  const [row] = await readInPlatform(db, (tx) =>
    tx.execute<{ pages: number }>(sql`
      select (pg_relation_size(${getTableName(column.table)}::regclass) / current_setting('block_size')::int)::int as pages`),
  )
  const pages = row?.pages ?? 0
  for (let page = 0; page < pages; page += pagesAtOnce) {
    const end = Math.min(page + pagesAtOnce, pages)
    // The numbers of rows within a page begin with 1.
    yield { from: `(${page},0)`, to: `(${end},0)`, done: end / pages }
  }
}

/** The rows of a stretch. */
export const isWithin = (from: string, to: string) => sql`ctid > ${from}::tid and ctid < ${to}::tid`
