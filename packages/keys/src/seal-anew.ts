import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { type SQL, sql } from 'drizzle-orm'
import type { Seal } from './seal.ts'
import { isWithin, type SealedColumn, stretchesOf } from './sealed-column.ts'

/** What became of the rows that another key than the first had sealed. */
export interface SealedAnew {
  readonly sealed: number
  /** What none of the keys opens: it stays as it is. */
  readonly unreadable: number
}

/** Rows that one transaction holds. What was laid aside as a dead letter may have a megabyte. */
const rowsAtOnce = 50

/**
 * Seals everything in a column with the first key that another one has sealed, a few rows in each transaction. Rows that
 * somebody is changing are left for the next round, and there are rounds until one has found nothing; so it can be stopped
 * at any time and begun again, and run beside services that seal meanwhile, as long as they have all of the keys.
 * @param onProgress gets how many were sealed so far, and how much of the table this round has gone through, from 0 to 1
 */
export async function sealAnew(
  db: Database,
  seal: Seal,
  column: SealedColumn,
  onProgress: (sealed: number, done: number) => void = () => {},
): Promise<SealedAnew> {
  let sealed = 0
  for (;;) {
    const before = sealed
    let unreadable = 0
    for await (const { from, to, done } of stretchesOf(db, column)) {
      for (let last: string | undefined = from; last !== undefined; ) {
        const begin: string = last
        const batch = await inPlatform(db, (tx) => sealBatch(tx, seal, column, isWithin(begin, to)))
        sealed += batch.sealed
        unreadable += batch.unreadable
        last = batch.last
      }
      onProgress(sealed, done)
    }
    if (sealed === before) return { sealed, unreadable }
  }
}

interface Row extends Record<string, unknown> {
  readonly place: string
  readonly of: string
  readonly was: string | null
}

async function sealBatch(tx: Tx, seal: Seal, sealed: SealedColumn, isHere: SQL) {
  const { column, of, lacking } = sealed
  const isOld = sql`${column} is not null and not starts_with(${column}, ${seal.prefix})`
  const isDue = lacking ? sql`(${column} is null or ${isOld})` : isOld
  const rows = await tx.execute<Row>(sql`
    select ctid::text as place, (${of})::text as of, ${column} as was from ${column.table}
    where ${isHere} and ${isDue} order by ctid limit ${rowsAtOnce} for no key update skip locked`)
  const fresh = await Promise.all(
    rows.map(async (row) => ({ ...row, becomes: await sealedAnew(seal, sealed, row) })),
  )
  const readable = fresh.filter(({ becomes }) => becomes !== undefined)
  const written = await tx.execute<{ place: string }>(sql`
    update ${column.table} set ${sql.identifier(column.name)} = new.becomes
    from jsonb_to_recordset(${JSON.stringify(readable)}::jsonb) as new(place tid, was text, becomes text)
    where ${column.table}.ctid = new.place and ${column} is not distinct from new.was
    returning new.place::text as place`)
  return {
    sealed: written.length,
    unreadable: rows.length - readable.length,
    last: rows.length < rowsAtOnce ? undefined : rows.at(-1)?.place,
  }
}

function sealedAnew(seal: Seal, { about, lacking }: SealedColumn, row: Row) {
  const open =
    row.was === null ? Promise.resolve(lacking?.(seal, row.of)) : seal.unseal(about(row.of), row.was)
  return open.then(
    (secret) => (secret === undefined ? undefined : seal.seal(about(row.of), secret)),
    () => undefined,
  )
}
