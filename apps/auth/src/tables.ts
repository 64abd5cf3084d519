import type { RegisterPerson } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import { customType, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { JWK } from 'jose'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true })
const createdAt = at('created_at').notNull().defaultNow()

/** What a person proves themselves with. The password as bcrypt over a keyed pre-hash. */
export const credentials = pgTable('credentials', {
  userId: uuid('user_id').primaryKey(),
  passwordHash: text('password_hash').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** The intent to register: kept until the directory has the person and the credential stands, then deleted. */
export const registrations = pgTable(
  'registrations',
  {
    userId: uuid('user_id').primaryKey(),
    person: jsonb().$type<RegisterPerson>().notNull(),
    passwordHash: text('password_hash').notNull(),
    origin: jsonb().$type<Origin>().notNull(),
    createdAt,
    nextAttemptAt: at('next_attempt_at').notNull(),
  },
  (t) => [index().on(t.nextAttemptAt)],
)

/** A signed-in device of a person, in the tenant that its tokens are for. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    userId: uuid('user_id').notNull(),
    sourceIp: text('source_ip'),
    userAgent: text('user_agent'),
    version: integer().notNull().default(1),
    createdAt,
    lastUsedAt: at('last_used_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    endedAt: at('ended_at'),
  },
  (t) => [index().on(t.userId)],
)

/** The refresh tokens of a session, one of them unspent; only digests. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    digest: digest().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    sessionId: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt,
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  (t) => [index().on(t.sessionId)],
)

/** A service that may ask for tokens, and what these permit. */
export const serviceAccounts = pgTable('service_accounts', {
  name: text().primaryKey(),
  permissions: text().array().$type<Permission[]>().notNull(),
  createdAt,
})

/** The live secrets of a service account; two while one is replaced. Only digests. */
export const serviceSecrets = pgTable(
  'service_secrets',
  {
    digest: digest().primaryKey(),
    serviceName: text('service_name')
      .notNull()
      .references(() => serviceAccounts.name, { onDelete: 'cascade' }),
    createdAt,
  },
  (t) => [index().on(t.serviceName)],
)

/** The keys that access tokens are signed with; the private half sealed (JWE) under the key-encryption key. */
export const signingKeys = pgTable('signing_keys', {
  kid: text().primaryKey(),
  publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
  sealedPrivateJwk: text('sealed_private_jwk').notNull(),
  createdAt,
})
