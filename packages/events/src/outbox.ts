import { randomUUIDv7 } from 'node:crypto'
import { type EventName, subjectFrom } from '@gatehouse/contracts/events'
import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { bigint, index, integer, json, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { aggregateOf, type Emission, envelopeOf, maxEnvelopeBytes, tellerOf } from './envelope.ts'

/** Before the lanes of all tenants. */
export const urgentLane = '00000000-0000-0000-0000-000000000000'

/**
 * Where a message waits for its turn: behind the others of its tenant, or, if it revokes something, in a lane for that. Of
 * operators that PostgreSQL knows to leak nothing, since it would use no index under row-level security for others.
 */
export const lane = sql`(case when aggregate_type = 'revocation' then '${sql.raw(urgentLane)}'::uuid else tenant_id end)`

/** What a service has to tell, written in the transaction of the change itself. Its SQL is in `outbox.sql`. */
export const outbox = pgTable(
  'outbox',
  {
    eventId: uuid('event_id').primaryKey(),
    /** Grows with every insert, so that of two changes of one thing the later stands behind; has gaps. */
    position: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    subject: text().notNull(),
    tenantId: uuid('tenant_id').notNull(),
    aggregateType: text('aggregate_type').notNull(),
    aggregateId: text('aggregate_id').notNull(),
    aggregateVersion: integer('aggregate_version').notNull(),
    occurredAt: timestamp('occurred_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
    /** `json`, not `jsonb`, which would refuse some of the characters that JSON allows. */
    payload: json().notNull(),
    sentAt: timestamp('sent_at', { withTimezone: true }),
  },
  (t) => [
    unique('outbox_aggregate').on(t.aggregateType, t.aggregateId, t.aggregateVersion),
    index('outbox_lanes').on(lane, t.position).where(sql`sent_at is null`),
    index('outbox_sent').on(t.sentAt).where(sql`sent_at is not null`),
  ],
)

/**
 * Records an event in the caller's transaction: it is published if, and only if, that commits. The version of what it
 * happened to is to be taken under that row's lock. Throws when the data is not what the event declares, or too large.
 */
export async function emit<N extends EventName>(
  tx: Tx,
  name: N,
  emission: Emission<NoInfer<N>>,
): Promise<void> {
  await post(tx, messageOf(name, emission))
}

/** An event as `emit` puts it into the outbox, for a statement that makes the change and writes the row itself. */
export function messageOf<N extends EventName>(name: N, emission: Emission<NoInfer<N>>) {
  const { tenantId, aggregate } = emission
  const eventId = randomUUIDv7()
  return {
    eventId,
    subject: subjectFrom(tellerOf(name, emission), name),
    tenantId,
    aggregateType: aggregateOf(name),
    aggregateId: aggregate.id,
    aggregateVersion: aggregate.version,
    payload: envelopeOf(eventId, name, emission),
  }
}

const insertMessage = prepared((orm) =>
  orm
    .insert(outbox)
    .values({
      eventId: sql.placeholder('eventId'),
      subject: sql.placeholder('subject'),
      tenantId: sql.placeholder('tenantId'),
      aggregateType: sql.placeholder('aggregateType'),
      aggregateId: sql.placeholder('aggregateId'),
      aggregateVersion: sql.placeholder('aggregateVersion'),
      payload: sql.placeholder('payload'),
    })
    .prepare('outbox_insert'),
)

type Message = Omit<typeof outbox.$inferInsert, 'occurredAt' | 'sentAt'>

const urgent = new WeakSet<Tx>()

/** Whether a transaction has revoked something, which is to be told as soon as it has committed. */
export const isUrgent = (tx: Tx) => urgent.has(tx)

/** Puts a message into the outbox. Throws a `RangeError` when no stream would take it, so large is it. */
export async function post(tx: Tx, message: Message): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(message.payload))
  if (bytes > maxEnvelopeBytes)
    throw new RangeError(`a message of ${bytes} bytes for ${message.subject} is too large`)
  if (message.subject.startsWith('revocation.')) urgent.add(tx)
  await insertMessage(tx).execute({ ...message })
}
