import type { RecordConsent } from '@gatehouse/contracts/consent'
import type { Wording } from '@gatehouse/contracts/consent-texts'
import type { ErasureRequest } from '@gatehouse/contracts/erasure'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { tenants, users } from './tables.ts'

export const consentType = pgEnum('consent_type', ['marketing', 'analytics', 'essential', 'third_party'])

/** What a tenant asks its people to agree to, a row each version; only ever added to. */
export const consentTexts = pgTable(
  'consent_texts',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    consentType: consentType('consent_type').notNull(),
    version: integer().notNull(),
    /** The same in each language. */
    wordings: jsonb().$type<Wording[]>().notNull(),
    publishedAt: timestamp('published_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [unique().on(t.tenantId, t.consentType, t.version), index().on(t.tenantId, t.id)],
)

/**
 * Every decision of a person on what a tenant asked them; the last one of each type holds. Only ever added to, until the
 * person is erased or the tenant is gone.
 */
export const consents = pgTable(
  'consents',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** The order of a person's decisions: taken while nobody else decides for them, whatever the clocks say. */
    position: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    consentType: consentType('consent_type').notNull(),
    granted: boolean().notNull(),
    /** Of the text that they were shown, its language and SHA-256; null where the tenant had none. */
    version: integer(),
    locale: text(),
    sha256: text(),
    source: text().$type<RecordConsent['source']>().notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().default(sql`clock_timestamp()`),
  },
  (t) => [
    index('consents_last').on(t.tenantId, t.userId, t.consentType, t.position),
    index('consents_history').on(t.tenantId, t.userId, t.position),
    index().on(t.userId),
  ],
)

const isOpen = sql`status in ('scheduled', 'running')`

/**
 * Who wants to be erased, and what has been so far. Kept for good as the receipt: of the person there is only the id, of
 * which nothing else is known any more.
 */
export const erasureRequests = pgTable(
  'erasure_requests',
  {
    /** Random, since it opens the request to who knows it. */
    id: uuid().primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    status: text().$type<ErasureRequest['status']>().notNull().default('scheduled'),
    /** The tenants that were theirs alone, and invites of theirs and to them: they go along, known once that is done here. */
    tenantIds: uuid('tenant_ids').array().notNull().default(sql`'{}'`),
    inviteIds: uuid('invite_ids').array().notNull().default(sql`'{}'`),
    receipts: jsonb().$type<ErasureRequest['receipts']>().notNull().default({}),
    requestedAt: timestamp('requested_at', { withTimezone: true }).notNull().defaultNow(),
    /** When erasing begins. */
    scheduledFor: timestamp('scheduled_for', { withTimezone: true }).notNull(),
    /** When it is to be gone on with, if nobody has by then. */
    nextAttemptAt: timestamp('next_attempt_at', { withTimezone: true }).notNull(),
    completedAt: timestamp('completed_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('erasure_requests_open').on(t.userId).where(isOpen),
    index('erasure_requests_due').on(t.nextAttemptAt).where(isOpen),
  ],
)
