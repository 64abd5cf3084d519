import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { and, eq, inArray, isNull, lt, notExists, or, type SQL, sql } from 'drizzle-orm'
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

/** Of a token: it is issued, and then it may be revoked. The outbox remembers both for longer than it lives. */
export const revokedVersion = 2

const isEventOfToken = (version: number, tokenId: string | SQL) =>
  and(
    eq(outbox.aggregateType, 'partner_token'),
    sql`${outbox.aggregateId} = ${tokenId}`,
    eq(outbox.aggregateVersion, version),
  )

/** Has a token to oneself until the transaction ends; false for one that was revoked before. */
export async function lockToken(tx: Tx, tokenId: string): Promise<boolean> {
  await tx.select({ id: outbox.eventId }).from(outbox).where(isEventOfToken(1, tokenId)).for('update')
  const revoked = await tx
    .select({ id: outbox.eventId })
    .from(outbox)
    .where(isEventOfToken(revokedVersion, tokenId))
  return revoked.length === 0
}

const standing = prepared((tx) =>
  tx
    .select({ id: oauthClients.id })
    .from(oauthClients)
    .innerJoin(clientSecrets, eq(clientSecrets.clientId, oauthClients.id))
    .where(
      and(
        eq(oauthClients.id, sql.placeholder('clientId')),
        eq(oauthClients.tenantId, sql.placeholder('tenantId')),
        isNull(oauthClients.revokedAt),
        eq(clientSecrets.id, sql.placeholder('secretId')),
        notExists(
          tx
            .select({ id: outbox.eventId })
            .from(outbox)
            .where(isEventOfToken(revokedVersion, sql`${sql.placeholder('tokenId')}`)),
        ),
      ),
    )
    .prepare('tokens_standing'),
)

/** Whether what a token stands on is there: its client, not revoked, and its secret; and it was not revoked itself. */
export async function stands(
  tx: Tx,
  token: { clientId: string; tenantId: string; secretId: string; tokenId: string },
): Promise<boolean> {
  return (await standing(tx).execute(token)).length > 0
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
