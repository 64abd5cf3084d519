import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { revoke } from '@gatehouse/events/revocation'
import { type Asking, lockClient, tell } from './change-client.ts'
import * as clients from './repository.ts'

/**
 * Ends a client of the caller's tenant for good: it gets no more tokens, and those that it has are refused everywhere within
 * a second. One that is revoked already stays as it is.
 * @throws clientNotFound
 */
export function revokeClient(db: Database, id: string, asking: Asking): Promise<clients.Client> {
  const { tenantId } = asking.principal
  return inTenant(db, tenantId, async (tx) => {
    const before = await lockClient(tx, asking, id)
    if (before.revokedAt) return before
    const after = await clients.markRevoked(tx, before)
    await revoke(tx, { tenantId, kind: 'client', id })
    await tell(tx, asking, 'oauth_client.revoked', { before, after, data: { name: after.name } })
    return after
  })
}
