import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { CreateRole } from '@gatehouse/contracts/roles'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { roleNameTaken } from '../errors.ts'
import { refuseBeyond } from './ceiling.ts'
import * as roles from './repository.ts'
import { stateOf } from './state.ts'

/**
 * Makes a role of the caller's tenant.
 * @throws beyondOwnPermissions, roleNameTaken
 */
export function createRole(
  db: Database,
  principal: Principal,
  input: CreateRole,
  origin: Origin,
): Promise<roles.Role> {
  const { tenantId } = principal
  refuseBeyond(principal, input.permissions)
  return inTenant(db, tenantId, async (tx) => {
    const role = await roles.insert(tx, { id: uuidv7(), tenantId, ...input })
    if (!role) throw roleNameTaken()
    await emit(tx, 'role.created', {
      tenantId,
      actor: { type: principal.kind, id: principal.id },
      aggregate: { id: role.id, version: role.version },
      origin,
      data: { name: role.name },
      after: stateOf(role),
    })
    return role
  })
}
