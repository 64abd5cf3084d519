import type { PartnerClient } from '@gatehouse/contracts/partner-clients'
import {
  bigint,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Outcome } from './usage.ts'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true })

/** A partner's OAuth 2 client. */
export const oauthClients = pgTable(
  'oauth_clients',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    /** What it is called in OAuth 2 (RFC 6749, section 2.2): public, and not its id, which is ours. */
    clientId: text('client_id').notNull(),
    name: text().notNull(),
    /** Null if they were erased since. */
    createdBy: uuid('created_by'),
    scopes: text().array().$type<PartnerClient['scopes']>().notNull(),
    rateLimitPerMinute: integer('rate_limit_per_minute').notNull(),
    allowedIps: text('allowed_ips').array().notNull(),
    version: integer().notNull().default(1),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [
    index().on(t.tenantId, t.id.desc()),
    uniqueIndex().on(t.clientId),
    index().on(t.updatedAt),
    index().on(t.createdBy),
  ],
)

/** The secrets of a client; two live ones while one is replaced. Only digests. */
export const clientSecrets = pgTable(
  'client_secrets',
  {
    id: uuid().primaryKey(),
    digest: digest().notNull(),
    lastFour: text('last_four').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    clientId: uuid('client_id')
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull().defaultNow(),
    lastUsedAt: at('last_used_at'),
    expiresAt: at('expires_at'),
  },
  (t) => [index().on(t.clientId)],
)

/** What a client has called, by day (UTC), operation and how it ended. */
export const clientUsage = pgTable(
  'client_usage',
  {
    clientId: uuid('client_id')
      .notNull()
      .references(() => oauthClients.id, { onDelete: 'cascade' }),
    tenantId: uuid('tenant_id').notNull(),
    day: date().notNull(),
    operation: text().notNull(),
    outcome: text().$type<Outcome>().notNull(),
    calls: bigint({ mode: 'number' }).notNull(),
    bytesIn: bigint('bytes_in', { mode: 'number' }).notNull(),
    bytesOut: bigint('bytes_out', { mode: 'number' }).notNull(),
    /** Of all calls together, and of the slowest. */
    msTotal: doublePrecision('ms_total').notNull(),
    msMax: doublePrecision('ms_max').notNull(),
  },
  (t) => [primaryKey({ columns: [t.clientId, t.day, t.operation, t.outcome] }), index().on(t.day)],
)

/** How much of its present minute a client's shares come to, over all replicas: the one row that its limit hangs on. */
export const quotaWindows = pgTable('quota_windows', {
  clientId: uuid('client_id')
    .primaryKey()
    .references(() => oauthClients.id, { onDelete: 'cascade' }),
  tenantId: uuid('tenant_id').notNull(),
  /** The full minute of PostgreSQL's clock. */
  windowStart: at('window_start').notNull(),
  /** The last share. */
  granted: integer().notNull(),
  taken: integer().notNull(),
})
