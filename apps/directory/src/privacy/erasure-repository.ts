import type { ErasureRequest } from '@gatehouse/contracts/erasure'
import type { ServiceName } from '@gatehouse/contracts/events'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { countPersonalData } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import { digestOf } from '@gatehouse/db/who-is-back'
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { erasureRequests } from '../privacy-tables.ts'
import { memberships, roleAssignments, roles, tenants, users } from '../tables.ts'

export type Request = typeof erasureRequests.$inferSelect

/** How much of a person there is to be erased here. */
export const countOf = countPersonalData(dataMap)

const isOpen = sql`status in ('scheduled', 'running')`

/** Also keeps others from asking for the same person meanwhile. */
export async function lockPerson(tx: Tx, id: string) {
  const [row] = await tx
    .select({ status: users.status, email: users.email })
    .from(users)
    .where(eq(users.id, id))
    .for('no key update')
  return row
}

export async function isDeleted(tx: Tx, id: string) {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, id), eq(users.status, 'deleted')))
  return rows.length === 1
}

/** The names of the tenants that would have people, but no administrator, without somebody. */
export async function dependentTenants(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.execute<{ name: string }>(sql`
    select t.name from ${memberships} m join ${tenants} t on t.id = m.tenant_id and t.status <> 'deleted'
    where m.user_id = ${userId}
      and (t.id = ${platformTenantId} or exists (
        select from ${memberships} o where o.tenant_id = t.id and o.user_id <> ${userId}))
      and not exists (
        select from ${roleAssignments} a
        join ${roles} r on r.id = a.role_id and r.category = 'system'
          and r.name = case t.id when ${platformTenantId} then 'platform-admin' else 'tenant-admin' end
        join ${users} u on u.id = a.user_id and u.status = 'active'
        join ${memberships} o on o.tenant_id = a.tenant_id and o.user_id = a.user_id and o.status = 'active'
        where a.tenant_id = t.id and a.user_id <> ${userId})
    order by t.name`)
  return rows.map(({ name }) => name)
}

export async function byId(tx: Tx, id: string): Promise<Request | undefined> {
  const [row] = await tx.select().from(erasureRequests).where(eq(erasureRequests.id, id))
  return row
}

export async function openRequestOf(tx: Tx, userId: string): Promise<Request | undefined> {
  const [row] = await tx
    .select()
    .from(erasureRequests)
    .where(and(eq(erasureRequests.userId, userId), isOpen))
  return row
}

export async function insert(tx: Tx, request: Pick<Request, 'id' | 'userId'>, graceMs: number) {
  const scheduledFor = sql`now() + make_interval(secs => ${graceMs / 1_000})`
  const [row] = await tx
    .insert(erasureRequests)
    .values({ ...request, scheduledFor, nextAttemptAt: scheduledFor })
    .returning()
  if (!row) throw new Error('an insert gave no row')
  return row
}

/** Undefined if there is none that has not begun. */
export async function cancel(tx: Tx, userId: string): Promise<Request | undefined> {
  const [row] = await tx
    .update(erasureRequests)
    .set({ status: 'cancelled' })
    .where(and(eq(erasureRequests.userId, userId), isOpen, eq(erasureRequests.status, 'scheduled')))
    .returning()
  return row
}

/** Requests that are due, some at a time: nobody else gets them before a time has passed. */
export function claimDue(tx: Tx, { limit, leaseSeconds }: { limit: number; leaseSeconds: number }) {
  const due = tx
    .select({ id: erasureRequests.id })
    .from(erasureRequests)
    .where(and(isOpen, sql`${erasureRequests.nextAttemptAt} <= now()`))
    .orderBy(erasureRequests.nextAttemptAt)
    .limit(limit)
    .for('update', { skipLocked: true })
  return tx
    .update(erasureRequests)
    .set({ nextAttemptAt: sql`now() + make_interval(secs => ${leaseSeconds})` })
    .where(inArray(erasureRequests.id, due))
    .returning()
}

export async function lock(tx: Tx, id: string): Promise<Request | undefined> {
  const [row] = await tx.select().from(erasureRequests).where(eq(erasureRequests.id, id)).for('update')
  return row
}

/** Takes note of what a service has erased, the first time that it is told; erasing has begun then. */
export async function addReceipt(
  tx: Tx,
  id: string,
  service: ServiceName,
  receipt: NonNullable<ErasureRequest['receipts'][ServiceName]>,
): Promise<void> {
  const added = JSON.stringify({ [service]: receipt })
  await tx
    .update(erasureRequests)
    .set({ status: 'running', receipts: sql`${added}::jsonb || ${erasureRequests.receipts}` })
    .where(and(eq(erasureRequests.id, id), isOpen))
}

/** Takes note of what is gone along with somebody. */
export async function noteGoneAlong(
  tx: Tx,
  id: string,
  along: Pick<Request, 'tenantIds' | 'inviteIds'>,
): Promise<void> {
  await tx.update(erasureRequests).set(along).where(eq(erasureRequests.id, id))
}

/** Undefined if it was completed before. */
export async function complete(tx: Tx, id: string): Promise<Request | undefined> {
  const [row] = await tx
    .update(erasureRequests)
    .set({ status: 'completed', completedAt: sql`now()` })
    .where(and(eq(erasureRequests.id, id), eq(erasureRequests.status, 'running')))
    .returning()
  return row
}

/** Has a request be due now. */
export async function hasten(tx: Tx, id: string): Promise<void> {
  await tx
    .update(erasureRequests)
    .set({ scheduledFor: sql`now()`, nextAttemptAt: sql`now()` })
    .where(eq(erasureRequests.id, id))
}

/**
 * Who is not deleted of those who were erased. Reads all people only when there is one of whose erasure nothing is known.
 * @param digests SHA-256 of their ids, hexadecimal
 */
export async function whoIsBack(tx: Tx, digests: readonly string[]): Promise<string[]> {
  const rows = await tx.execute<{ digest: string }>(sql`
    select ${digestOf(sql`user_id::text`)} as digest from ${erasureRequests} where status in ('running', 'completed')`)
  const erased = new Set(rows.map(({ digest }) => digest))
  const missing = digests.filter((digest) => !erased.has(digest))
  if (missing.length === 0) return []
  const back = await tx.execute<{ id: string }>(sql`
    select id from ${users} where status <> 'deleted'
      and ${digestOf(sql`id::text`)} in (select jsonb_array_elements_text(${JSON.stringify(missing)}::jsonb))`)
  return back.map(({ id }) => id)
}

/** Requests under which erasing has begun, in the order of their ids. */
export const begun = (tx: Tx, { after, limit }: { after: string; limit: number }): Promise<Request[]> =>
  tx
    .select()
    .from(erasureRequests)
    .where(and(gt(erasureRequests.id, after), inArray(erasureRequests.status, ['running', 'completed'])))
    .orderBy(asc(erasureRequests.id))
    .limit(limit)

/** How many requests should have been completed so long ago. */
export async function countOverdue(tx: Tx, seconds: number) {
  const [row] = await tx.execute<{ overdue: number }>(sql`
    select count(*)::int as overdue from ${erasureRequests}
    where ${isOpen} and scheduled_for < now() - make_interval(secs => ${seconds})`)
  return row?.overdue ?? 0
}
