import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { hasAdministrator } from '../administrators.ts'
import { lastAdministrator, notOneself } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { lockMember } from './lock-member.ts'
import * as users from './repository.ts'

/** Makes a tenant of their own for somebody who belongs to none. */
export type EnterOwnTenant = (
  tx: Tx,
  person: { userId: string; firstName: string; lastName: string },
  origin: Origin,
) => Promise<void>

export interface RemovalDeps {
  readonly db: Database
  readonly enterOwnTenant: EnterOwnTenant
}

/**
 * Removes a person from the caller's tenant; there their tokens are refused within a second, and no new ones are made.
 * @throws userNotFound, notOneself, lastAdministrator
 */
export function removeMember(
  deps: RemovalDeps,
  principal: Principal,
  userId: string,
  origin: Origin,
): Promise<void> {
  if (userId === principal.id || userId === principal.ownerId) throw notOneself()
  return remove(deps, principal, { tenantId: principal.tenantId, userId, by: 'administrator' }, origin)
}

/**
 * Takes the caller out of one of their tenants.
 * @throws userNotFound, lastAdministrator
 */
export const leaveTenant = (deps: RemovalDeps, principal: Principal, tenantId: string, origin: Origin) =>
  remove(deps, principal, { tenantId, userId: principal.id, by: 'themselves' }, origin)

interface Removal {
  readonly tenantId: string
  readonly userId: string
  readonly by: 'themselves' | 'administrator'
}

function remove(
  { db, enterOwnTenant }: RemovalDeps,
  principal: Principal,
  { tenantId, userId, by }: Removal,
  origin: Origin,
): Promise<void> {
  return inPlatform(db, async (tx) => {
    const { user } = await lockMember(tx, tenantId, userId)
    await users.removeMembership(tx, tenantId, userId)
    if (!(await hasAdministrator(tx, tenantId))) throw lastAdministrator()
    const { firstName, lastName } = user
    if ((await users.countTenants(tx, userId)) === 0)
      await enterOwnTenant(tx, { userId, firstName, lastName }, origin)
    const version = await users.touchUser(tx, userId)
    await revoke(tx, { tenantId, kind: 'user', id: userId })
    await emit(tx, 'membership.removed', {
      tenantId,
      actor: actorOf(principal),
      aggregate: { id: userId, version },
      origin,
      data: { userId, by },
    })
  })
}
