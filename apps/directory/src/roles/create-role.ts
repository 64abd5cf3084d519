import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { CreateRole, Role } from '@gatehouse/contracts/roles'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { refuseBeyond } from '../ceiling.ts'
import { platformTenant, roleNameTaken, tenantNotFound } from '../errors.ts'
import { actorOf } from '../reach.ts'
import * as roles from './repository.ts'
import { shown } from './shown.ts'
import { stateOf } from './state.ts'

/** A role as it was made: what it is shown as, and its version. */
export interface CreatedRole {
  readonly role: Role
  readonly version: number
}

/**
 * Makes a role of the caller's tenant; the same for the repetition of a request. The platform's own has those of the
 * system, and no others.
 * @throws platformTenant, tenantNotFound, beyondOwnPermissions, roleNameTaken, idempotencyKeyReused
 */
export function createRole(
  db: Database,
  principal: Principal,
  input: CreateRole,
  { request, origin }: { request: RepeatableRequest; origin: Origin },
): Promise<CreatedRole> {
  const { tenantId } = principal
  if (tenantId === platformTenantId) throw platformTenant()
  refuseBeyond(principal, input.permissions)
  return inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      if (!(await roles.holdTenant(tx, tenantId))) throw tenantNotFound()
      const role = await roles.insert(tx, { id: uuidv7(), tenantId, ...input })
      if (!role) throw roleNameTaken()
      await emit(tx, 'role.created', {
        tenantId,
        actor: actorOf(principal),
        aggregate: { id: role.id, version: role.version },
        origin,
        data: { name: role.name },
        after: stateOf(role),
      })
      return { role: shown(role), version: role.version }
    }),
  )
}
