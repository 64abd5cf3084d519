import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { revoke } from '@gatehouse/events/revocation'
import { type Asking, lockClient, tell } from './change-client.ts'
import * as clients from './repository.ts'

/**
 * Deletes a client of the caller's tenant, its secrets with it; its tokens are refused everywhere within a second.
 * @throws clientNotFound, preconditionFailed
 */
export function deleteClient(
  db: Database,
  { id, checkVersion }: { readonly id: string; readonly checkVersion: (version: number) => void },
  asking: Asking,
): Promise<void> {
  const { tenantId } = asking.principal
  return inTenant(db, tenantId, async (tx) => {
    const before = await lockClient(tx, asking, id)
    checkVersion(before.version)
    await clients.remove(tx, before)
    await revoke(tx, { tenantId, kind: 'client', id })
    await tell(tx, asking, 'oauth_client.deleted', { before, data: { name: before.name } })
  })
}
