import { invalidCursor } from '@gatehouse/contracts/problems'
import * as z from 'zod'

/** Which rows of a list to read: at most `limit`, those that come after the key, or after so many. */
export interface Part<Key> {
  readonly limit: number
  readonly after: Key | undefined
  readonly offset: number
}

interface List<Row, Key> {
  /** The tenant whose list it is: a cursor of another tenant's is none of this one. */
  readonly of?: string
  /** What the list is ordered by, as plain JSON; a cursor is the key of the last row of a page. */
  readonly key: z.ZodType<Key>
  rows(part: Part<Key>): Promise<Row[]>
  keyOf(row: Row): Key
  /** How many rows there are in all; asked only where a page was asked for by its number. */
  total(): Promise<number>
}

interface Query {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly page?: number | undefined
}

/**
 * One page of a list, as its query asks: from a cursor on (keyset), or by number and with the total.
 * @throws Problem `request.invalid_cursor` for one that is not of this list
 */
export async function pageOfList<Row, Key>({ limit, cursor, page }: Query, list: List<Row, Key>) {
  const after = cursor === undefined ? undefined : keyIn(cursor, list)
  const offset = page === undefined ? 0 : (page - 1) * limit
  // One more than asked for tells whether there is a next page.
  const rows = await list.rows({ limit: limit + 1, after, offset })
  const data = rows.slice(0, limit)
  const last = rows.length > limit ? data.at(-1) : undefined
  return {
    data,
    nextCursor: last === undefined ? null : cursorAt([list.keyOf(last), list.of]),
    ...(page !== undefined && { total: await list.total() }),
  }
}

const cursorAt = (position: readonly unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url')

function keyIn<Row, Key>(cursor: string, { key, of }: List<Row, Key>): Key {
  try {
    const position = z.tuple([key, z.literal(of ?? null)])
    return position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))[0]
  } catch (cause) {
    throw invalidCursor({ cause })
  }
}
