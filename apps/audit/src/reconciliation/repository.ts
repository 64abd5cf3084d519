import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { deadLetters } from '../privacy-tables.ts'
import { entries } from '../tables.ts'

/** An event, by its id and when it occurred (RFC 3339). */
export interface Sought {
  readonly id: string
  readonly occurredAt: string
}

/** Those events of a service that no entry records, and that are not among the dead letters either. */
export async function missing(tx: Tx, service: string, events: readonly Sought[]): Promise<string[]> {
  const rows = await tx.execute<{ id: string }>(sql`
    select sought.id
    from json_to_recordset(${JSON.stringify(events)}::json) as sought(id uuid, "occurredAt" timestamptz)
    where not exists (
      select from ${entries} as entry
      where entry.id = sought.id and entry.occurred_at = sought."occurredAt" and entry.service = ${service}
    ) and not exists (
      select from ${deadLetters} as letter
      where split_part(letter.id, '.', 1) = sought.id::text
        and starts_with(letter.subject, ${`identity.${service}.`})
    )`)
  return rows.map(({ id }) => id)
}
