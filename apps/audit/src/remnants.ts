import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { entries, messageRemnants, outboxRemnants } from './tables.ts'

/** An entry, and where the event that it records came from. */
interface Recorded {
  readonly id: string
  readonly service: string
  readonly sequence?: number | undefined
}

/** Longer than an event is kept in an outbox or in the stream, from when it occurred. */
const elsewhere = sql`interval '30 days'`

/** Takes note of entries of people who were forgotten: what their services and the stream still have of them is to go. */
export async function noteRemnants(tx: Tx, recorded: readonly Recorded[]): Promise<void> {
  if (recorded.length === 0) return
  const rows = recorded.map(({ id, service, sequence }) => ({ id, service, sequence }))
  await note(
    tx,
    sql`select id, service, sequence
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, service text, sequence bigint)`,
  )
}

/** The same for all that the log has of somebody, a person or a tenant, who is being forgotten. */
export async function noteRemnantsOf(tx: Tx, subjectId: string): Promise<void> {
  const isRecent = sql`occurred_at > now() - ${elsewhere}`
  await note(
    tx,
    sql`select id, service, sequence from ${entries} where actor_id = ${subjectId} and ${isRecent}
      union
      select id, service, sequence from ${entries} where details_subject = ${subjectId}
        and details_subject <> actor_id and details_subject <> tenant_id::text and ${isRecent}
      union
      select id, service, sequence from ${entries} where tenant_id = ${subjectId}::uuid
        and ${subjectId} in (origin_subject, details_subject) and ${isRecent}`,
  )
}

async function note(tx: Tx, found: ReturnType<typeof sql>) {
  await tx.execute(sql`
    with found as materialized (${found}), messages as (
      insert into ${messageRemnants} (sequence, event_id)
      select sequence, id from found where sequence is not null
      on conflict do nothing
    )
    insert into ${outboxRemnants} (service, event_id)
    select service, id from found where service <> 'audit'
    on conflict do nothing`)
}
