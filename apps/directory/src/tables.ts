import type { Permission } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'

const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

const times = {
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
}

/** Raised with every change: the ETag of the record and the version of its events. */
const version = integer().notNull().default(1)

export const userStatus = pgEnum('user_status', ['pending', 'active', 'suspended', 'deleted'])
export const tenantStatus = pgEnum('tenant_status', ['active', 'suspended', 'deleted'])
export const membershipStatus = pgEnum('membership_status', ['active', 'suspended'])
export const tenantType = pgEnum('tenant_type', ['customer', 'partner', 'internal'])
export const roleCategory = pgEnum('role_category', [
  'system',
  'administration',
  'support',
  'partner',
  'custom',
])

/**
 * A person, once across the platform. Seen from a tenant only through a membership in it. Of who was deleted the id
 * stays, so that it never comes back, and nothing else: `deleted:<id>` is no address.
 */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  status: userStatus().notNull(),
  version,
  ...times,
  lastLoginAt: timestamp('last_login_at', { withTimezone: true }),
})

export const tenants = pgTable(
  'tenants',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    slug: text().notNull().unique(),
    type: tenantType().notNull(),
    country: text(),
    config: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    status: tenantStatus().notNull().default('active'),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
    version,
    ...times,
  },
  (t) => [index('tenants_deleted').on(t.deletedAt).where(sql`deleted_at is not null`)],
)

/** What a tenant has set for itself; what is not there is the platform's default. */
export const tenantSettings = pgTable('tenant_settings', {
  tenantId: uuid('tenant_id')
    .primaryKey()
    .references(() => tenants.id),
  settings: jsonb().$type<UpdateTenantSettings>().notNull().default({}),
  version,
  ...times,
})

/**
 * A person in a tenant. What lists of people are ordered and searched by stands here once more, so that one index of the
 * tenant answers them; triggers fill it in from the person, and follow when they change.
 */
export const memberships = pgTable(
  'memberships',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** Suspended: out of this tenant, and not of others. */
    status: membershipStatus().notNull().default('active'),
    createdAt: times.createdAt,
    /** Name and address in lower case. */
    search: text().notNull().default(''),
    email: text().notNull().default(''),
    lastName: text('last_name').notNull().default(''),
    /** In milliseconds, as times are shown. */
    personCreatedAt: timestamp('person_created_at', { withTimezone: true }).notNull().defaultNow(),
    /** In milliseconds too; of who never signed in, the beginning of time. */
    lastLoginAt: timestamp('last_login_at', { withTimezone: true }).notNull().default(sql`'epoch'`),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index().on(t.userId),
    // Also holds `search`: see the migration.
    index('memberships_by_age').on(t.tenantId, t.personCreatedAt, t.userId),
    index('memberships_by_email').on(t.tenantId, t.email, t.userId),
    index('memberships_by_last_name').on(t.tenantId, t.lastName, t.userId),
    index('memberships_by_sign_in').on(t.tenantId, t.lastLoginAt, t.userId),
    // Asked by `members_found` alone: see the migration.
    index('memberships_by_trigram')
      .using('gin', t.tenantId, t.search.op('gin_trgm_ops'))
      .with({ fastupdate: false }),
  ],
)

/** An e-mail address that somebody is to have once it confirms. Of the token only a digest. */
export const emailChanges = pgTable(
  'email_changes',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    tenantId: uuid('tenant_id').notNull(),
    email: text().notNull(),
    digest: digest().notNull().unique(),
    createdAt: times.createdAt,
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (t) => [index('email_changes_old').on(t.expiresAt)],
)

/** A place in a tenant that somebody is offered by mail. Of the token only a digest. */
export const invites = pgTable(
  'invites',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    email: text().notNull(),
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id, { onDelete: 'cascade' }),
    digest: digest().notNull().unique(),
    /** Whose permissions the role must not exceed, also when it is accepted. Null once they were deleted. */
    invitedBy: uuid('invited_by'),
    version,
    ...times,
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    acceptedAt: timestamp('accepted_at', { withTimezone: true }),
    acceptedBy: uuid('accepted_by'),
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (t) => [
    uniqueIndex('invites_open')
      .on(t.tenantId, t.email)
      .where(sql`accepted_at is null and revoked_at is null`),
    index().on(t.tenantId, t.id),
    index().on(t.roleId),
    index().on(t.email),
    index().on(t.invitedBy),
    index().on(t.acceptedBy),
  ],
)

/** The system's roles (in the platform's tenant, read by all) and each tenant's own. */
export const roles = pgTable(
  'roles',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id),
    name: text().notNull(),
    displayName: text('display_name').notNull(),
    description: text(),
    category: roleCategory().notNull(),
    permissions: text().array().$type<Permission[]>().notNull(),
    isActive: boolean('is_active').notNull().default(true),
    version,
    ...times,
  },
  (t) => [
    unique().on(t.tenantId, t.name),
    check(
      'roles_of_the_system',
      sql`(category = 'system') = (tenant_id = ${sql.raw(`'${platformTenantId}'`)})`,
    ),
  ],
)

/** A role that a member has. */
export const roleAssignments = pgTable(
  'role_assignments',
  {
    tenantId: uuid('tenant_id').notNull(),
    userId: uuid('user_id').notNull(),
    roleId: uuid('role_id')
      .notNull()
      .references(() => roles.id),
    createdAt: times.createdAt,
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId, t.roleId] }),
    foreignKey({
      columns: [t.tenantId, t.userId],
      foreignColumns: [memberships.tenantId, memberships.userId],
    }).onDelete('cascade'),
    index().on(t.roleId),
    index().on(t.userId),
  ],
)
