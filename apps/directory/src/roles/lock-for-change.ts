import type { Tx } from '@gatehouse/db/tenant'
import { roleNotFound, systemRole } from '../errors.ts'
import * as roles from './repository.ts'

/**
 * A role of the tenant's own, held against other changes.
 * @throws roleNotFound, systemRole
 */
export async function lockForChange(tx: Tx, tenantId: string, id: string): Promise<roles.Role> {
  const seen = await roles.byId(tx, tenantId, id)
  if (!seen) throw roleNotFound()
  if (seen.category === 'system') throw systemRole()
  const own = await roles.lockOwn(tx, tenantId, id)
  if (!own) throw roleNotFound()
  return own
}
