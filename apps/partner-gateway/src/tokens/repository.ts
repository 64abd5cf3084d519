import type { Tx } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { and, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { clientSecrets, oauthClients } from '../tables.ts'

/** A token that is to be given to a client, as that was known, and the event that tells of it. */
export interface Issue {
  readonly clientId: string
  readonly version: number
  readonly event: Pick<
    typeof outbox.$inferInsert,
    'eventId' | 'subject' | 'aggregateType' | 'aggregateId' | 'payload'
  >
}

/**
 * Writes down that tokens are given, all in one statement: each if the client is live still, and is as it was known.
 * @returns the events of those that are
 */
export async function record(tx: Tx, issues: readonly Issue[]): Promise<ReadonlySet<string>> {
  const rows = issues.map(({ clientId, version, event }) => ({ ...event, clientId, version }))
  const recorded = await tx.execute<{ id: string }>(sql`
    insert into ${outbox} (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
    select a."eventId", a.subject, c.tenant_id, a."aggregateType", a."aggregateId", 1, a.payload
    from json_to_recordset(${JSON.stringify(rows)}::json) as a("eventId" uuid, subject text, "aggregateType" text,
      "aggregateId" text, payload json, "clientId" uuid, version int)
    join ${oauthClients} c on c.id = a."clientId" and c.version = a.version and c.revoked_at is null
    returning event_id as id`)
  return new Set(recorded.map(({ id }) => id))
}

/**
 * Takes note that secrets, and so their clients, are in use, of each once in a minute at most. The clients first, as whoever
 * changes one locks them.
 */
export async function markUsed(tx: Tx, secretIds: readonly string[]) {
  const isOfThem = inArray(clientSecrets.id, [...secretIds])
  const theirClients = tx.select({ id: clientSecrets.clientId }).from(clientSecrets).where(isOfThem)
  const used = { lastUsedAt: sql`now()` }
  await tx
    .update(oauthClients)
    .set(used)
    .where(and(inArray(oauthClients.id, theirClients), isDue(oauthClients.lastUsedAt)))
  await tx
    .update(clientSecrets)
    .set(used)
    .where(and(isOfThem, isDue(clientSecrets.lastUsedAt)))
}

const isDue = (lastUsedAt: PgColumn) => or(isNull(lastUsedAt), lt(lastUsedAt, sql`now() - interval '1 min'`))
