import { type Orm, prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, count, eq, gt, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { PgSelect } from 'drizzle-orm/pg-core'
import {
  emailChanges,
  memberships,
  roleAssignments,
  roles,
  tenantSettings,
  tenants,
  users,
} from '../tables.ts'

/** What a list can be ordered by: of the membership, of which an index has it in that order. */
const sortable = {
  createdAt: sql`${memberships.personCreatedAt}`,
  email: sql`${memberships.email}`,
  lastName: sql`${memberships.lastName}`,
  lastLoginAt: sql`${memberships.lastLoginAt}`,
} as const

type Field = keyof typeof sortable
export type Sort = Field | `-${Field}`
type Status = (typeof users.$inferSelect)['status']

export interface Filter {
  readonly search: string | undefined
  readonly status: Status | undefined
  readonly role: string | undefined
}

interface Part {
  readonly limit: number
  readonly after: readonly [value: string, id: string] | undefined
  readonly offset: number
}

/** What a person is in the tenant: their own status, or, while they are active, that of their membership. */
const status = sql<Status>`case when ${users.status} = 'active' then ${memberships.status}::text else ${users.status}::text end`

const roleNames = sql<string[]>`array(
  select r.name from ${roleAssignments} a join ${roles} r on r.id = a.role_id and r.is_active
  where a.tenant_id = ${memberships.tenantId} and a.user_id = ${memberships.userId} order by r.name
)`

const columns = { user: users, tenantId: memberships.tenantId, status, roles: roleNames }

const members = (orm: Orm) =>
  orm.select(columns).from(memberships).innerJoin(users, eq(users.id, memberships.userId))

const memberIds = (orm: Orm) =>
  orm.select({ id: memberships.userId }).from(memberships).innerJoin(users, eq(users.id, memberships.userId))

export type Member = Awaited<ReturnType<typeof members>>[number]

const isOf = (tenantId: string, id: string) =>
  and(eq(memberships.tenantId, tenantId), eq(memberships.userId, id))

const memberById = prepared((orm) =>
  members(orm)
    .where(
      and(
        eq(memberships.tenantId, sql.placeholder('tenantId')),
        eq(memberships.userId, sql.placeholder('id')),
      ),
    )
    .prepare('member_by_id'),
)

export async function byId(tx: Tx, tenantId: string, id: string): Promise<Member | undefined> {
  const [row] = await memberById(tx).execute({ tenantId, id })
  return row
}

/** The value by which a member is placed in the order of a list. */
export function placeOf({ user }: Member, sort: Sort): string {
  switch (fieldOf(sort)) {
    case 'createdAt':
      return user.createdAt.toISOString()
    case 'lastLoginAt':
      return (user.lastLoginAt ?? new Date(0)).toISOString()
    case 'email':
      return user.email
    case 'lastName':
      return user.lastName
  }
}

export function page(tx: Tx, tenantId: string, filter: Filter, sort: Sort, { limit, after, offset }: Part) {
  const field = sortable[fieldOf(sort)]
  const direction = sort.startsWith('-') ? sql.raw('desc') : sql.raw('asc')
  const beyond = sort.startsWith('-') ? sql.raw('<') : sql.raw('>')
  const type = sql.raw(/At$/.test(sort) ? 'timestamptz' : 'text')
  const rest =
    after && sql`(${field}, ${memberships.userId}) ${beyond} (${after[0]}::${type}, ${after[1]}::uuid)`
  const order = [sql`${field} ${direction}`, sql`${memberships.userId} ${direction}`]
  const part = <Q extends PgSelect>(rows: Q, found?: SQL) =>
    rows
      .where(and(eq(memberships.tenantId, tenantId), found, matching(filter), rest))
      .orderBy(...order)
      .limit(limit)
      .offset(offset)
  const { search } = filter
  if (search === undefined) return part(members(tx).$dynamic())
  const ids = eachWay(search, (found) => part(memberIds(tx).$dynamic(), found))
  return members(tx)
    .where(and(eq(memberships.tenantId, tenantId), sql`${memberships.userId} = any(array(${ids}))`))
    .orderBy(...order)
}

export async function total(tx: Tx, tenantId: string, filter: Filter) {
  const matched = (found?: SQL) =>
    memberIds(tx).where(and(eq(memberships.tenantId, tenantId), found, matching(filter)))
  const { search } = filter
  const ids = search === undefined ? sql`${matched()}` : eachWay(search, matched)
  const [row] = await tx.execute<{ total: number }>(
    sql`select count(*)::int as total from (${ids}) as matched`,
  )
  return row?.total ?? 0
}

const fieldOf = (sort: Sort) => sort.replace(/^-/, '') as Field

function matching({ status: wanted, role }: Filter): SQL | undefined {
  return and(
    wanted === undefined ? undefined : sql`${status} = ${wanted}`,
    role === undefined ? undefined : sql`${role} = any(${roleNames})`,
  )
}

/**
 * Whoever's name or address holds a text, in one statement: by trigrams where these tell few from many, else as they are
 * met in the list. Of the two ways that it has of asking, PostgreSQL begins the one alone whose turn it is.
 */
function eachWay(text: string, asked: (found: SQL) => SQLWrapper) {
  const pattern = sql`lower(${`%${text.replace(/[\\%_]/g, '\\$&')}%`})`
  // PostgreSQL would take a long word for a rare one, and read everybody; of a case it knows no better than to begin.
  const asMet = sql`case when ${memberships.search} like ${pattern} then true else false end`
  if ([...text].length < 3) return asked(asMet)
  const few = sql`(select ids from few)`
  return sql`with few as materialized (select members_found(${pattern}) as ids)
    (${asked(sql`${memberships.userId} = any(${few}::uuid[])`)}) union all (${asked(sql`${few} is null and ${asMet}`)})`
}

export async function setMembershipStatus(
  tx: Tx,
  { tenantId, id, status }: { tenantId: string; id: string; status: 'active' | 'suspended' },
) {
  await tx.update(memberships).set({ status }).where(isOf(tenantId, id))
}

/** Counts a change of what a person is. @returns their new version */
export async function touchUser(tx: Tx, id: string) {
  const [row] = await tx
    .update(users)
    .set({ version: sql`${users.version} + 1`, updatedAt: sql`now()` })
    .where(eq(users.id, id))
    .returning({ version: users.version })
  if (!row) throw new Error(`person ${id} was not there to be changed`)
  return row.version
}

/** @returns their new version */
export async function rename(tx: Tx, id: string, names: { firstName: string; lastName: string }) {
  await tx.update(users).set(names).where(eq(users.id, id))
  return touchUser(tx, id)
}

/** How many tenants a person belongs to; all of them only in the platform's scope. */
export async function countTenants(tx: Tx, id: string) {
  const [row] = await tx.select({ tenants: count() }).from(memberships).where(eq(memberships.userId, id))
  return row?.tenants ?? 0
}

export async function removeMembership(tx: Tx, tenantId: string, id: string) {
  await tx.delete(memberships).where(isOf(tenantId, id))
}

/** Whom mail about a tenant is from: its name, and what it has set. */
export async function tenantOf(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select({ name: tenants.name, settings: tenantSettings.settings })
    .from(tenants)
    .leftJoin(tenantSettings, eq(tenantSettings.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
  if (!row) throw new Error(`tenant ${tenantId} was not there`)
  return row
}

/** A newer change takes the place of one that is under way. */
export async function saveEmailChange(tx: Tx, change: typeof emailChanges.$inferInsert) {
  await tx
    .insert(emailChanges)
    .values(change)
    .onConflictDoUpdate({ target: emailChanges.userId, set: { ...change, createdAt: sql`now()` } })
}

/** Takes the change of a token, if the person is what they were then: of any number at once, one gets it. */
export async function takeEmailChange(tx: Tx, digest: Buffer) {
  const [row] = await tx
    .delete(emailChanges)
    .where(
      and(
        eq(emailChanges.digest, digest),
        gt(emailChanges.expiresAt, sql`now()`),
        // The request itself touched the person, in the same transaction and so at the same time.
        sql`${emailChanges.createdAt} = (select updated_at from users where id = ${emailChanges.userId})`,
      ),
    )
    .returning()
  return row
}

export async function isTaken(tx: Tx, email: string) {
  const rows = await tx.select({ id: users.id }).from(users).where(eq(users.email, email))
  return rows.length > 0
}

/** @returns their new version */
export async function changeEmail(tx: Tx, id: string, email: string) {
  await tx.update(users).set({ email, emailVerified: true }).where(eq(users.id, id))
  return touchUser(tx, id)
}

/** What somebody may do in the tenant by their roles, also while they are suspended. */
export async function permissionsByRole(tx: Tx, tenantId: string, id: string) {
  const rows = await tx
    .select({ permissions: roles.permissions })
    .from(roleAssignments)
    .innerJoin(roles, and(eq(roles.id, roleAssignments.roleId), eq(roles.isActive, true)))
    .where(and(eq(roleAssignments.tenantId, tenantId), eq(roleAssignments.userId, id)))
  return rows.flatMap(({ permissions }) => permissions)
}
