import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { tenantNotFound } from '../errors.ts'
import { moveTo } from './change-status.ts'
import { purgeTenant } from './purge-tenants.ts'
import * as tenants from './repository.ts'

/**
 * Does away for good with a tenant that nobody is in any more, whatever its version: it goes with who was in it last, since
 * its name may be theirs, and there is nobody to restore it for.
 */
export async function closeTenant(tx: Tx, principal: Principal, id: string, origin: Origin): Promise<void> {
  const tenant = await tenants.lock(tx, id)
  if (!tenant) throw tenantNotFound()
  const isDeleted = tenant.status === 'deleted'
  const move = { id, move: 'delete', checkVersion: () => {} } as const
  await purgeTenant(tx, isDeleted ? tenant : await moveTo(tx, principal, move, origin))
}
