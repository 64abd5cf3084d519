import type { UpdateTenantSettings } from '@gatehouse/contracts/tenant-settings'
import { prepared } from '@gatehouse/db/orm'
import { deletePersonalData } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import { and, asc, eq, isNull, or, sql } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { invites, memberships, roleAssignments, roles, tenantSettings, tenants, users } from '../tables.ts'

type NewUser = typeof users.$inferInsert
type NewTenant = typeof tenants.$inferInsert

/** A membership as its person carries it: the tenant, their roles there and what these permit now. */
export interface Membership {
  readonly id: string
  readonly name: string
  readonly roles: string[]
  readonly permissions: string[]
  /** Of the membership itself, and of the tenant. */
  readonly status: 'active' | 'suspended'
  readonly tenantStatus: 'active' | 'suspended' | 'deleted'
  readonly settings: UpdateTenantSettings
}

/** Oldest membership first; a role that is switched off counts for nothing. */
const membershipsOfUser = sql<Membership[]>`(
  select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'status', m.status, 'tenantStatus', t.status, 'settings', coalesce(s.settings, '{}'), 'roles', r.names, 'permissions', r.permissions) order by m.created_at, t.id), '[]')
  from ${memberships} m
  join ${tenants} t on t.id = m.tenant_id
  left join ${tenantSettings} s on s.tenant_id = m.tenant_id
  cross join lateral (
    select coalesce(json_agg(distinct r.name), '[]') as names, coalesce(json_agg(distinct p) filter (where p is not null), '[]') as permissions
    from ${roleAssignments} a
    join ${roles} r on r.id = a.role_id and r.is_active
    left join lateral unnest(r.permissions) p on true
    where a.tenant_id = m.tenant_id and a.user_id = m.user_id
  ) r
  where m.user_id = users.id
)`

/** Behind a select, so that PostgreSQL plans the statement once, and not anew for each number of values. */
const anyOf = (placeholder: string, type: 'uuid' | 'text') =>
  sql`any((select ${sql.placeholder(placeholder)}::${sql.raw(type)}[])::${sql.raw(type)}[])`

const peopleNamed = prepared((orm) =>
  orm
    .select({ user: users, memberships: membershipsOfUser })
    .from(users)
    .where(or(sql`${users.id} = ${anyOf('ids', 'uuid')}`, sql`${users.email} = ${anyOf('emails', 'text')}`))
    .prepare('people_named'),
)

/** The people with one of these ids or addresses, with all their memberships, in one statement. */
export const people = (tx: Tx, { ids = [], emails = [] }: { ids?: string[]; emails?: string[] }) =>
  peopleNamed(tx).execute({ ids, emails })

export type Person = Awaited<ReturnType<typeof people>>[number]

/** A person with all their memberships, in one statement; undefined if there is none. */
export async function personById(tx: Tx, id: string) {
  const [person] = await people(tx, { ids: [id] })
  return person
}

/** False if the id or the e-mail is taken; which of the two, the caller asks afterwards. */
export async function insertUser(tx: Tx, user: NewUser) {
  const rows = await tx.insert(users).values(user).onConflictDoNothing().returning({ id: users.id })
  return rows.length === 1
}

export async function insertTenant(tx: Tx, tenant: NewTenant) {
  await tx.insert(tenants).values(tenant)
}

/** Makes a person a member of a tenant with one of the system's roles. */
export async function insertMember(tx: Tx, member: { tenantId: string; userId: string; systemRole: string }) {
  await tx.insert(memberships).values({ tenantId: member.tenantId, userId: member.userId })
  await tx.insert(roleAssignments).select(
    tx
      .select({
        tenantId: sql`${member.tenantId}::uuid`.as('tenant_id'),
        userId: sql`${member.userId}::uuid`.as('user_id'),
        roleId: roles.id,
        createdAt: sql`now()`.as('created_at'),
      })
      .from(roles)
      .where(sql`${roles.category} = 'system' and ${roles.name} = ${member.systemRole}`),
  )
}

/** Takes note that an address is somebody's. @returns the version that this made; 'known' if it was noted before */
export async function verifyEmail(tx: Tx, { userId, email }: { userId: string; email: string }) {
  const isTheirs = and(eq(users.id, userId), eq(users.email, email))
  const [changed] = await tx
    .update(users)
    .set({ emailVerified: true, updatedAt: sql`now()`, version: sql`${users.version} + 1` })
    .where(and(isTheirs, eq(users.emailVerified, false)))
    .returning({ version: users.version })
  if (changed) return changed.version
  const [known] = await tx.select({ id: users.id }).from(users).where(isTheirs)
  return known && 'known'
}

export async function setStatus(
  tx: Tx,
  { id, ...change }: { id: string; status: 'active' | 'suspended'; version: number },
) {
  await tx
    .update(users)
    .set({ ...change, updatedAt: sql`now()` })
    .where(eq(users.id, id))
}

/** The tenant that a person joined first. */
export async function firstTenantOf(tx: Tx, userId: string) {
  const [row] = await tx
    .select({ tenantId: memberships.tenantId })
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(memberships.createdAt, memberships.tenantId)
    .limit(1)
  return row?.tenantId
}

export async function lockUser(tx: Tx, id: string) {
  const [row] = await tx.select().from(users).where(eq(users.id, id)).for('no key update')
  return row
}

/** The same, and nobody can make them a member of anything meanwhile. */
export async function lockToDelete(tx: Tx, id: string) {
  const [row] = await tx.select().from(users).where(eq(users.id, id)).for('update')
  return row
}

/** Where a person belongs, and how many belong there with them; in the order of the tenants' ids. */
export function membershipsOf(tx: Tx, userId: string) {
  const columns = {
    tenantId: memberships.tenantId,
    tenantName: tenants.name,
    tenantStatus: tenants.status,
    members: sql<number>`(select count(*)::int from ${memberships} m where m.tenant_id = ${tenants.id})`,
  }
  return tx
    .select(columns)
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.tenantId))
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.tenantId))
}

/** Takes a person out of every tenant, with their roles there. */
export async function removeEverywhere(tx: Tx, userId: string) {
  await tx.delete(memberships).where(eq(memberships.userId, userId))
}

/**
 * Removes the invites to a person and their own that are open; of others of theirs, that they sent them.
 * @returns those that are gone
 */
export async function removeInvites(tx: Tx, { id, email }: { id: string; email: string }): Promise<string[]> {
  const isOpen = and(isNull(invites.acceptedAt), isNull(invites.revokedAt))
  const removed = await tx
    .delete(invites)
    .where(or(eq(invites.email, email), eq(invites.acceptedBy, id), and(eq(invites.invitedBy, id), isOpen)))
    .returning({ id: invites.id })
  await tx.update(invites).set({ invitedBy: null }).where(eq(invites.invitedBy, id))
  return removed.map((invite) => invite.id)
}

const {
  users: _users,
  invites: _invites,
  consents: _consents,
  erasure_requests: _requests,
  ...rest
} = dataMap
const deleteTheRest = deletePersonalData(rest)

/**
 * Leaves of a person the id, and nothing that says who they were. What the data map has besides of them goes as that says;
 * their invites have been seen to.
 */
export async function bury(tx: Tx, id: string, version: number) {
  await deleteTheRest(tx, id)
  const nobody = {
    email: `deleted:${id}`,
    emailVerified: false,
    firstName: '',
    lastName: '',
    lastLoginAt: null,
    createdAt: sql`now()`,
  }
  await tx
    .update(users)
    .set({ ...nobody, status: 'deleted', version, updatedAt: sql`now()` })
    .where(eq(users.id, id))
  await tx.execute(sql`select erase_consents(${id})`)
}

export async function rename(
  tx: Tx,
  id: string,
  changes: { firstName: string; lastName: string; version: number },
) {
  await tx
    .update(users)
    .set({ ...changes, updatedAt: sql`now()` })
    .where(eq(users.id, id))
}

/** @param lastOf the times (RFC 3339) by people's ids; none goes back */
export async function noteSignIns(tx: Tx, lastOf: ReadonlyMap<string, string>) {
  const ids = sql`${`{${[...lastOf.keys()].join()}}`}::uuid[]`
  const times = sql`${`{${[...lastOf.values()].join()}}`}::timestamptz[]`
  await tx.execute(sql`
    update ${users} set last_login_at = greatest(last_login_at, e.at)
    from unnest(${ids}, ${times}) as e(id, at)
    where users.id = any(${ids}) and users.id = e.id and users.status <> 'deleted'`)
}
