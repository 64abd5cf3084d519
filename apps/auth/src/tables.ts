import { factorKinds } from '@gatehouse/contracts/auth-events'
import type { RegisterPerson } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import { sql } from 'drizzle-orm'
import {
  bigint,
  customType,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Amr } from './sign-in.ts'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true })
const createdAt = at('created_at').notNull().defaultNow()

/** What a person proves themselves with. The password as bcrypt over a keyed pre-hash. */
export const credentials = pgTable('credentials', {
  userId: uuid('user_id').primaryKey(),
  passwordHash: text('password_hash').notNull(),
  /** Which pepper went into the hash; null from before there was more than one. */
  pepperId: text('pepper_id'),
  version: integer().notNull().default(1),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** The intent to register: kept until the directory has the person and the credential stands, then deleted. */
export const registrations = pgTable(
  'registrations',
  {
    userId: uuid('user_id').primaryKey(),
    person: jsonb().$type<RegisterPerson>().notNull(),
    /** Null for somebody whom another provider vouches for, and who has no password. */
    passwordHash: text('password_hash'),
    pepperId: text('pepper_id'),
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
    /** How the person proved themselves (RFC 8176). */
    amr: text().array().notNull().default(sql`'{pwd}'`),
    version: integer().notNull().default(1),
    createdAt,
    lastUsedAt: at('last_used_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    endedAt: at('ended_at'),
    /** The session that has taken its place, since the person went on in another tenant. */
    continuedBy: uuid('continued_by'),
  },
  (t) => [index().on(t.userId, t.createdAt, t.id), index().on(t.expiresAt), index().on(t.tenantId)],
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
  (t) => [index().on(t.sessionId), index().on(t.expiresAt)],
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
    lastUsedAt: at('last_used_at'),
  },
  (t) => [index().on(t.serviceName)],
)

export const factorKind = pgEnum('factor_kind', factorKinds)

/** What a person proves themselves with besides the password. A passkey will be another kind. */
export const mfaFactors = pgTable(
  'mfa_factors',
  {
    id: uuid().primaryKey(),
    userId: uuid('user_id').notNull(),
    kind: factorKind().notNull(),
    sealedSecret: text('sealed_secret').notNull(),
    /** The time step (RFC 6238) of the last code that was accepted: none of it or before is again. */
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
    version: integer().notNull().default(1),
    createdAt,
    /** Null until a code has shown that the person has the secret: until then it counts for nothing. */
    confirmedAt: at('confirmed_at'),
    lastUsedAt: at('last_used_at'),
  },
  (t) => [uniqueIndex().on(t.userId, t.kind)],
)

/** What stands in for a second factor that was lost, each once. Only digests. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    digest: digest().primaryKey(),
    userId: uuid('user_id').notNull(),
    /** What the digests of the set are made with, sealed; null in sets from before they had a key of their own. */
    sealedKey: text('sealed_key'),
    createdAt,
    usedAt: at('used_at'),
  },
  (t) => [index().on(t.userId)],
)

export const oneTimeTokenPurpose = pgEnum('one_time_token_purpose', [
  'verify_email',
  'reset_password',
  'mfa_enrolment',
  'login_code',
])

/** What somebody was sent or told to come back with, once, for one purpose. Only digests. */
export const oneTimeTokens = pgTable(
  'one_time_tokens',
  {
    digest: digest().primaryKey(),
    purpose: oneTimeTokenPurpose().notNull(),
    userId: uuid('user_id').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    /** The address that it is bound to; changing that voids it. */
    email: text().notNull(),
    /** What somebody had shown when they got it (RFC 8176). */
    amr: text().array().$type<Amr[]>().notNull().default(sql`'{}'`),
    attempts: integer().notNull().default(0),
    createdAt,
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  (t) => [index().on(t.userId), index().on(t.expiresAt), index().on(t.tenantId)],
)

/** A person's account at another provider: by provider, issuer and subject, never by e-mail. */
export const linkedIdentities = pgTable(
  'linked_identities',
  {
    provider: text().$type<IdentityProvider>().notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    userId: uuid('user_id').notNull(),
    email: text(),
    createdAt,
    lastUsedAt: at('last_used_at'),
  },
  (t) => [primaryKey({ columns: [t.provider, t.issuer, t.subject] }), uniqueIndex().on(t.userId, t.provider)],
)

/** A sign-in at another provider that is under way, until it comes back. Only digests of what the browser holds. */
export const socialLogins = pgTable(
  'social_logins',
  {
    stateDigest: digest('state_digest').primaryKey(),
    browserDigest: digest('browser_digest').notNull(),
    provider: text().$type<IdentityProvider>().notNull(),
    /** The nonce (OpenID Connect Core, section 3.1.2.1) and the code verifier (RFC 7636). */
    sealedSecrets: text('sealed_secrets').notNull(),
    returnTo: text('return_to'),
    /** Who asked to have the identity linked to their account; null for a sign-in. */
    linkUserId: uuid('link_user_id'),
    createdAt,
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [index().on(t.expiresAt), index().on(t.linkUserId).where(sql`link_user_id is not null`)],
)

/** A key by which a program acts for a person. Only a digest. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    userId: uuid('user_id').notNull(),
    name: text().notNull(),
    prefix: text().notNull(),
    lastFour: text('last_four').notNull(),
    digest: digest().notNull(),
    scopes: text().array().$type<Permission[]>().notNull(),
    version: integer().notNull().default(1),
    createdAt,
    lastUsedAt: at('last_used_at'),
    expiresAt: at('expires_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [index().on(t.tenantId, t.createdAt, t.id), index().on(t.userId)],
)
