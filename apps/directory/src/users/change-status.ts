import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { hasAdministrator } from '../administrators.ts'
import { illegalStatus, lastAdministrator, notOneself } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { lockMember } from './lock-member.ts'
import * as users from './repository.ts'

type Status = users.Member['status']

/**
 * Suspends a person in the caller's tenant, or lets them in again: their tokens there are refused within a second. What
 * they are in other tenants is none of this one's business.
 * @throws userNotFound, notOneself, illegalStatus, lastAdministrator
 */
export const changeStatus = (
  db: Database,
  principal: Principal,
  { id, to }: { id: string; to: Status },
  origin: Origin,
): Promise<users.Member> =>
  inTenant(db, principal.tenantId, async (tx) => {
    const member = await lockMember(tx, principal.tenantId, id)
    await moveTo(tx, principal, { member, to }, origin)
    return lockMember(tx, principal.tenantId, id)
  })

/** The same in the caller's transaction, of a person that it has locked. */
export async function moveTo(
  tx: Tx,
  principal: Principal,
  { member, to }: { member: users.Member; to: Status },
  origin: Origin,
): Promise<void> {
  const { tenantId, id: actorId, ownerId } = principal
  const { id, status: own } = member.user
  if (member.status === to) return
  if (id === actorId || id === ownerId) throw notOneself()
  // Who is not active on the whole platform is not the tenant's to let in.
  if (own !== 'active' || (to !== 'active' && to !== 'suspended')) throw illegalStatus(member.status, to)

  await users.setMembershipStatus(tx, { tenantId, id, status: to })
  if (!(await hasAdministrator(tx, tenantId))) throw lastAdministrator()
  const version = await users.touchUser(tx, id)
  await revoke(tx, { tenantId, kind: 'user', id })
  await emit(tx, to === 'suspended' ? 'user.deactivated' : 'user.reactivated', {
    tenantId,
    actor: actorOf(principal),
    aggregate: { id, version },
    origin,
    data: { userId: id },
    before: { status: member.status },
    after: { status: to },
  })
}
