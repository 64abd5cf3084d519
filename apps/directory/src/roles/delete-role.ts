import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { roleInUse } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { lockForChange } from './lock-for-change.ts'
import * as roles from './repository.ts'
import { stateOf } from './state.ts'

/**
 * Deletes a role of the caller's tenant that nobody has.
 * @throws roleNotFound, systemRole, roleInUse, preconditionFailed
 */
export function deleteRole(
  db: Database,
  principal: Principal,
  { id, checkVersion }: { id: string; checkVersion: (version: number) => void },
  origin: Origin,
): Promise<void> {
  const { tenantId } = principal
  return inTenant(db, tenantId, async (tx) => {
    const role = await lockForChange(tx, tenantId, id)
    checkVersion(role.version)
    const people = await roles.countHolders(tx, tenantId, id)
    if (people > 0) throw roleInUse(people)
    await roles.remove(tx, id)
    await emit(tx, 'role.deleted', {
      tenantId,
      actor: actorOf(principal),
      aggregate: { id, version: role.version + 1 },
      origin,
      data: { name: role.name },
      before: stateOf(role),
    })
  })
}
