import { sql } from 'drizzle-orm'
import type { DataMap } from './data-map.ts'
import { erasures } from './erasures.ts'
import type { Tx } from './transaction.ts'

/**
 * Finds who is in a database of those whose digests (SHA-256 of the id, hexadecimal) are given and of whose erasure it has no
 * receipt: it has been restored from a backup. Reads the tables of the data map only when there is a receipt missing.
 * @returns their ids; in the platform's scope
 */
export function createFindWhoIsBack(map: DataMap) {
  const columns = Object.entries(map).flatMap(([table, { subject = [] }]) =>
    subject.map((column) => sql`select ${sql.identifier(column)}::text as id from ${sql.identifier(table)}`),
  )
  const subjects = sql.join(columns, sql` union `)
  return async (tx: Tx, digests: readonly string[]): Promise<string[]> => {
    const receipts = await tx.execute<{ digest: string }>(
      sql`select ${digestOf(sql`user_id::text`)} as digest from ${erasures}`,
    )
    const erased = new Set(receipts.map(({ digest }) => digest))
    const missing = digests.filter((digest) => !erased.has(digest))
    if (missing.length === 0) return []
    const rows = await tx.execute<{ id: string }>(sql`
      select id from (${subjects}) s
      where ${digestOf(sql`id`)} in (select jsonb_array_elements_text(${JSON.stringify(missing)}::jsonb))`)
    return rows.map(({ id }) => id)
  }
}

/** As `digestOfGone` of @gatehouse/events makes it. */
export const digestOf = (id: ReturnType<typeof sql>) => sql`encode(sha256(convert_to(${id}, 'UTF8')), 'hex')`
