import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { UpdateRole } from '@gatehouse/contracts/roles'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { refuseBeyond } from '../ceiling.ts'
import { actorOf } from '../reach.ts'
import { lockForChange } from './lock-for-change.ts'
import * as roles from './repository.ts'
import { revokeHolders } from './revoke-holders.ts'
import { stateOf } from './state.ts'

interface Change {
  readonly id: string
  readonly changes: UpdateRole
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Changes a role of the caller's tenant; what its holders may do changes within a second. Nobody puts in, or switches on
 * again, what they do not hold; taking away is free.
 * @throws roleNotFound, systemRole, beyondOwnPermissions, preconditionFailed
 */
export function updateRole(
  db: Database,
  principal: Principal,
  { id, changes, checkVersion }: Change,
  origin: Origin,
): Promise<roles.Role> {
  const { tenantId } = principal
  return inTenant(db, tenantId, async (tx) => {
    const before = await lockForChange(tx, tenantId, id)
    checkVersion(before.version)
    const given = changes.permissions ?? before.permissions
    const had: readonly string[] = changes.isActive === true && !before.isActive ? [] : before.permissions
    refuseBeyond(
      principal,
      given.filter((permission) => !had.includes(permission)),
    )
    const after = await roles.update(tx, id, changes)
    await revokeHolders(tx, tenantId, id)
    await emit(tx, 'role.updated', {
      tenantId,
      actor: actorOf(principal),
      aggregate: { id, version: after.version },
      origin,
      data: { name: after.name },
      before: stateOf(before),
      after: stateOf(after),
    })
    return after
  })
}
