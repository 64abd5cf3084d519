import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import {
  deadLetters,
  letterMentions,
  messageCopies,
  messageRemnants,
  outboxRemnants,
} from './privacy-tables.ts'
import { entries } from './tables.ts'

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
      select id, service, sequence from ${entries} where origin_subject = ${subjectId}
        and actor_type = 'api_key' and origin_subject <> tenant_id::text and ${isRecent}
      union
      select id, service, sequence from ${entries} where tenant_id = ${subjectId}::uuid
        and ${subjectId} in (origin_subject, details_subject) and ${isRecent}`,
  )
}

/** Takes note of messages by which events came that were recorded by another one already. */
export async function noteCopies(tx: Tx, copies: readonly Recorded[]): Promise<void> {
  const rows = copies.flatMap(({ id, sequence }) => (sequence === undefined ? [] : [{ id, sequence }]))
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into ${messageCopies} (event_id, sequence)
    select id, sequence from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as c(id uuid, sequence bigint)
    on conflict do nothing`)
}

async function note(tx: Tx, found: ReturnType<typeof sql>) {
  await tx.execute(sql`
    with found as materialized (${found}), messages as (
      insert into ${messageRemnants} (sequence, event_id)
      select sequence, id from found where sequence is not null
      union
      select copy.sequence, copy.event_id from ${messageCopies} copy join found on found.id = copy.event_id
      on conflict do nothing
    )
    insert into ${outboxRemnants} (service, event_id)
    select service, id from found where service <> 'audit'
    on conflict do nothing`)
}

/**
 * Erases what letters say that the id of somebody stands in, who was forgotten, and takes note of where else there are: in the
 * stream, and in the outbox of who told of it. That there were some, and why, is kept.
 */
export async function eraseLettersOf(tx: Tx, subjectId: string): Promise<void> {
  await tx.execute(sql`
    with theirs as (
      delete from ${letterMentions} where subject_id = ${subjectId} returning letter_id
    ), erased as materialized (
      update ${deadLetters} set sealed_body = null
      where id in (select letter_id from theirs) and sealed_body is not null
      returning sequence, subject, id
    ), events as materialized (
      select sequence, split_part(subject, '.', 2) as service, split_part(id, '.', 1)::uuid as event_id
      from erased where id ~ ${eventIdPattern}
    ), messages as (
      insert into ${messageRemnants} (sequence, event_id)
      select sequence, event_id from events where sequence is not null
      on conflict do nothing
    )
    insert into ${outboxRemnants} (service, event_id)
    select service, event_id from events where service <> 'audit'
    on conflict do nothing`)
}

/** Of letters that hold an event, and are called by its id. */
const eventIdPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.'
