import type { ActorType } from '@gatehouse/contracts/event'
import { sql } from 'drizzle-orm'
import {
  bigint,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const whole = (name: string) => bigint(name, { mode: 'number' })

/**
 * What everyone did. Append-only, and partitioned by the month of `occurredAt` (UTC). What is personal is sealed under the
 * key of a person, or of the tenant where it is nobody's; its commitments are what the ledger holds of it.
 */
export const entries = pgTable(
  'entries',
  {
    /** The id of the event that the entry records, so that each is recorded once. */
    id: uuid().notNull(),
    tenantId: uuid('tenant_id').notNull(),
    /** Its place in the tenant's ledger, from 0. */
    leafIndex: whole('leaf_index').notNull(),
    /** To the millisecond, as cursors and leaves have it. */
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().defaultNow(),
    service: text().notNull(),
    actorType: text('actor_type').$type<ActorType>().notNull(),
    actorId: text('actor_id').notNull(),
    action: text().notNull(),
    resource: text().notNull(),
    resourceId: text('resource_id'),
    correlationId: text('correlation_id'),
    /** Its number in the stream IDENTITY, by which the message is erased; null where it came otherwise. Not in the ledger. */
    sequence: whole('sequence'),
    /** Counts the changes of what it happened to, from 1 and without a gap; null where nobody counts them. Not in the ledger. */
    aggregateVersion: integer('aggregate_version'),
    /** Whose the actor's address and browser are; null, and the two after it, where none are known. */
    originSubject: text('origin_subject'),
    originCommitment: bytes('origin_commitment'),
    originSealed: bytes('origin_sealed'),
    /** Whose the states, metadata and description are; null, and the two after it, where there are none. */
    detailsSubject: text('details_subject'),
    detailsCommitment: bytes('details_commitment'),
    detailsSealed: bytes('details_sealed'),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.occurredAt] }),
    index('entries_newest').on(t.tenantId, t.occurredAt, t.id),
    index('entries_of_all_tenants').on(t.occurredAt, t.id),
    index('entries_by_leaf').on(t.tenantId, t.leafIndex),
    index('entries_by_actor').on(t.actorId, t.tenantId, t.occurredAt, t.id),
    index('entries_by_resource').on(t.resourceId, t.tenantId, t.occurredAt, t.id),
    index('entries_by_action').on(t.tenantId, t.action, t.resource, t.occurredAt, t.id),
    index('entries_by_action_of_all_tenants').on(t.action, t.resource, t.occurredAt, t.id),
    index('entries_by_correlation').on(t.correlationId, t.tenantId),
    /** What API keys did, by the person whom they act for. */
    index('entries_by_keys')
      .on(t.originSubject, t.occurredAt, t.id)
      .where(sql`actor_type = 'api_key' and origin_subject <> tenant_id::text`),
    /** What others did that is of a person: few of all entries. */
    index('entries_about_others')
      .on(t.detailsSubject, t.occurredAt, t.id)
      .where(sql`details_subject <> actor_id and details_subject <> tenant_id::text`),
  ],
)

/** Which actions on which resources a tenant's entries tell of: few, so that a search looks at these and not at entries. */
export const actions = pgTable(
  'actions',
  { tenantId: uuid('tenant_id').notNull(), action: text().notNull(), resource: text().notNull() },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.action, t.resource] }),
    index('actions_of_all_tenants').on(t.action, t.resource),
  ],
)

/** How long entries are kept, as it was set from time to time. Append-only; `retention_days` says what is in force. */
export const retentions = pgTable(
  'retentions',
  {
    id: whole('id').primaryKey().generatedAlwaysAsIdentity(),
    /** Null: for all tenants that say nothing else. */
    tenantId: uuid('tenant_id'),
    /** Null: as it is for all tenants; of all tenants, for good. */
    days: integer(),
    setAt: timestamp('set_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index('retentions_newest').on(t.tenantId, t.setAt, t.id)],
)

/** The ledger of each tenant, as far as it has grown: see packages/ledger. */
export const trees = pgTable(
  'trees',
  {
    tenantId: uuid('tenant_id').primaryKey(),
    size: whole('size').notNull().default(0),
    /** The roots of the complete subtrees that it is made of, 32 bytes each, largest first. */
    frontier: bytes().notNull().default(sql`''`),
    /** Up to which size there is a signed checkpoint. */
    signedSize: whole('signed_size').notNull().default(0),
    /** From which leaf on its entries are all there: those before may be gone by retention. */
    retainedFrom: whole('retained_from').notNull().default(0),
  },
  (t) => [index('trees_to_sign').on(t.tenantId).where(sql`size > signed_size`)],
)

/** The hashes of the ledgers, in tiles of 256, each tile in the parts in which it grew. Append-only. */
export const tiles = pgTable(
  'tiles',
  {
    tenantId: uuid('tenant_id').notNull(),
    level: smallint().notNull(),
    index: whole('index').notNull(),
    /** Which hash of the tile the first one here is. */
    start: smallint().notNull(),
    hashes: bytes().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.level, t.index, t.start] })],
)

/** How far those who follow the log by position have read each ledger. */
export const followers = pgTable(
  'followers',
  {
    name: text().notNull(),
    tenantId: uuid('tenant_id').notNull(),
    /** The index of the leaf that they read next. */
    position: whole('position').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.name, t.tenantId] })],
)

/** Changes that must have happened and are not in the log: its versions of a thing have one after them and not them. */
export const gaps = pgTable(
  'gaps',
  {
    service: text().notNull(),
    resource: text().notNull(),
    resourceId: text('resource_id').notNull(),
    /** Which change of it is missing. */
    version: integer().notNull(),
    /** In whose log the one after it is. */
    tenantId: uuid('tenant_id').notNull(),
    noticedAt: timestamp('noticed_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.service, t.resource, t.resourceId, t.version] }),
    index('gaps_oldest').on(t.noticedAt),
  ],
)

/** How the ledgers looked, and the signature under that. Append-only. */
export const checkpoints = pgTable(
  'checkpoints',
  {
    tenantId: uuid('tenant_id').notNull(),
    size: whole('size').notNull(),
    root: bytes().notNull(),
    /** The signed note. */
    note: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.size] })],
)

/** What checkpoints are signed with. */
export const checkpointKeys = pgTable('checkpoint_keys', {
  /** A JWK with the private key of Ed25519, sealed. */
  sealedKey: text('sealed_key').primaryKey(),
  /** What it signs as: `<host>/audit`, as the first one was called. */
  name: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  /** Until when it signs beside its successor; null for the one without. */
  signsUntil: timestamp('signs_until', { withTimezone: true }),
})
