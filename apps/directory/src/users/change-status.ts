import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { hasAdministrator, lockMembers } from '../administrators.ts'
import { lastAdministrator, notOneself, notSuspended, userNotFound } from '../errors.ts'
import * as users from './repository.ts'

/**
 * Suspends a person in the caller's tenant: their tokens there are refused within a second. What they are in other
 * tenants is none of this one's business.
 * @throws userNotFound, notOneself, lastAdministrator
 */
export function deactivateUser(
  db: Database,
  principal: Principal,
  id: string,
  origin: Origin,
): Promise<users.Member> {
  if (id === principal.id || id === principal.ownerId) throw notOneself()
  return inTenant(db, principal.tenantId, async (tx) => {
    const before = await lockMember(tx, principal.tenantId, id)
    if (before.status === 'suspended') return before
    await users.setMembershipStatus(tx, { tenantId: principal.tenantId, id, status: 'suspended' })
    if (!(await hasAdministrator(tx, principal.tenantId))) throw lastAdministrator()
    return record(tx, principal, before, 'user.deactivated', origin)
  })
}

/**
 * Lets a person in again who was suspended in the caller's tenant.
 * @throws userNotFound, notSuspended for who is suspended on the whole platform, or deleted
 */
export function reactivateUser(
  db: Database,
  principal: Principal,
  id: string,
  origin: Origin,
): Promise<users.Member> {
  return inTenant(db, principal.tenantId, async (tx) => {
    const before = await lockMember(tx, principal.tenantId, id)
    if (before.user.status !== 'active') throw notSuspended()
    if (before.status === 'active') return before
    await users.setMembershipStatus(tx, { tenantId: principal.tenantId, id, status: 'active' })
    return record(tx, principal, before, 'user.reactivated', origin)
  })
}

async function lockMember(tx: Tx, tenantId: string, id: string) {
  await lockMembers(tx, tenantId)
  const member = await users.byId(tx, tenantId, id)
  if (!member) throw userNotFound()
  return member
}

async function record(
  tx: Tx,
  { tenantId, kind, id: actorId }: Principal,
  before: users.Member,
  event: 'user.deactivated' | 'user.reactivated',
  origin: Origin,
): Promise<users.Member> {
  const { id } = before.user
  const version = await users.touchUser(tx, id)
  const after = await users.byId(tx, tenantId, id)
  if (!after) throw userNotFound()
  await revoke(tx, { tenantId, kind: 'user', id })
  await emit(tx, event, {
    tenantId,
    actor: { type: kind, id: actorId },
    aggregate: { id, version },
    origin,
    data: { userId: id },
    before: { status: before.status },
    after: { status: after.status },
  })
  return after
}
