import type { AuditEntry } from '@gatehouse/contracts/audit-logs'
import type { ActorType } from '@gatehouse/contracts/event'
import { index, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

type JsonRecord = NonNullable<AuditEntry['metadata']>

/** What everyone did. Append-only: the application may insert and read, nothing else. */
export const entries = pgTable(
  'entries',
  {
    /** The id of the event that the entry records, so that each is recorded once. */
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    /** To the millisecond, as cursors have it. */
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().defaultNow(),
    service: text().notNull(),
    actorType: text('actor_type').$type<ActorType>().notNull(),
    actorId: text('actor_id').notNull(),
    action: text().notNull(),
    resource: text().notNull(),
    resourceId: text('resource_id'),
    correlationId: text('correlation_id'),
    sourceIp: text('source_ip'),
    userAgent: text('user_agent'),
    previousState: jsonb('previous_state').$type<JsonRecord>(),
    newState: jsonb('new_state').$type<JsonRecord>(),
    metadata: jsonb().$type<JsonRecord>(),
    description: text(),
  },
  (t) => [
    index().on(t.tenantId, t.occurredAt.desc(), t.id.desc()),
    index().on(t.tenantId, t.correlationId),
    index().on(t.tenantId, t.actorId, t.occurredAt.desc()),
    index().on(t.tenantId, t.resourceId, t.occurredAt.desc()),
  ],
)
