import { type SQL, sql } from 'drizzle-orm'
import type { DataMap, TableData } from './data-map.ts'
import type { Tx } from './transaction.ts'

/** A part of what a service holds on a person; the records of a table come together. */
export interface PersonalDataPart {
  readonly records: { table: string; record: Record<string, unknown> }[]
  readonly nextCursor: string | null
}

const recordsOfPart = 500

/**
 * What a service holds on a person, as its data map has it: of every table that names the data subject, the columns that
 * are personal, and never one that is secret.
 * @param alsoTheirs which rows of a table are theirs too, though no id says so
 * @returns reads a part, in the platform's scope; a cursor that it didn't give reads from the start
 */
export function personalDataOf(map: DataMap, alsoTheirs: Readonly<Record<string, (id: string) => SQL>> = {}) {
  const tables = Object.entries(map).filter(([, { subject = [] }]) => subject.length > 0)
  return async (tx: Tx, id: string, cursor?: string): Promise<PersonalDataPart> => {
    const [, from = '0', skipped = '0'] = /^(\d{1,3})\.(\d{1,9})$/.exec(cursor ?? '') ?? []
    const records: PersonalDataPart['records'] = []
    let offset = Number(skipped)
    for (const [index, [table, data]] of tables.entries()) {
      if (index < Number(from)) continue
      const limit = recordsOfPart - records.length
      const rows = await tx.execute<{ record: Record<string, unknown> }>(sql`
        select to_jsonb(r) as record from (
          select ${sql.join(columnsOf(data), sql`, `)} from ${sql.identifier(table)} t
          where ${isTheirs(data, id)} or ${alsoTheirs[table]?.(id) ?? sql`false`}) r
        order by 1 limit ${limit} offset ${offset}`)
      records.push(...rows.map(({ record }) => ({ table, record })))
      if (rows.length === limit) return { records, nextCursor: `${index}.${offset + limit}` }
      offset = 0
    }
    return { records, nextCursor: null }
  }
}

/** How many rows of each table erasing a person deletes or blanks, as the data map has it; tables without any are left out. */
export function countPersonalData(map: DataMap) {
  const tables = Object.entries(map).filter(
    ([, { subject = [], erasure }]) => subject.length > 0 && (erasure === 'deleted' || erasure === 'blanked'),
  )
  return async (tx: Tx, id: string): Promise<Record<string, number>> => {
    const counts = tables.map(
      ([table, data]) => sql`(select ${table}::text as name, count(*)::int as count
        from ${sql.identifier(table)} t where ${isTheirs(data, id)})`,
    )
    const rows = await tx.execute<{ name: string; count: number }>(sql.join(counts, sql` union all `))
    return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ name, count }) => [name, count]))
  }
}

/**
 * Deletes the rows of a person, or blanks them, table by table in the order of the data map, as that says of each: what is
 * added to it goes with the rest.
 */
export function deletePersonalData(map: DataMap) {
  const tables = Object.entries(map).filter(([, { subject = [] }]) => subject.length > 0)
  return async (tx: Tx, id: string): Promise<void> => {
    for (const [table, data] of tables) {
      const { erasure, blanks = {} } = data
      const name = sql.identifier(table)
      if (erasure === 'deleted') await tx.execute(sql`delete from ${name} t where ${isTheirs(data, id)}`)
      if (erasure !== 'blanked') continue
      const changes = Object.entries(blanks).map(
        ([column, blank]) => sql`${sql.identifier(column)} = ${sql.raw(blank)}`,
      )
      await tx.execute(sql`update ${name} t set ${sql.join(changes, sql`, `)} where ${isTheirs(data, id)}`)
    }
  }
}

function columnsOf({ subject = [], personal = [], named = {} }: TableData): SQL[] {
  const own = [...new Set([...subject, ...personal])].map(
    (column) => sql`t.${sql.identifier(column)} as ${sql.identifier(camelCase(column))}`,
  )
  const names = Object.entries(named).map(([column, of]) => {
    const as = sql.identifier(camelCase(column.replace(/_id$/, '_name')))
    const table = sql.identifier(of)
    return sql`(select name from ${table} n where n.id = t.${sql.identifier(column)}) as ${as}`
  })
  return [...own, ...names]
}

const isTheirs = ({ subject = [] }: TableData, id: string) =>
  sql.join(
    subject.map((column) => sql`t.${sql.identifier(column)} = ${id}`),
    sql` or `,
  )

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
