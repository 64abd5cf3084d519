import type { UpdatePartnerClient } from '@gatehouse/contracts/partner-clients'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { type Asking, lockLiveClient, refuseBeyond, tell } from './change-client.ts'
import * as clients from './repository.ts'

interface Change {
  readonly id: string
  readonly changes: UpdatePartnerClient
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Changes a client of the caller's tenant; it holds on every replica within a second. Who adds a scope holds all those that
 * the client has then, also what it had: nobody widens what is beyond them. Taking away is free.
 * @throws clientNotFound, clientRevoked, beyondOwnPermissions, preconditionFailed
 */
export function updateClient(
  db: Database,
  { id, changes, checkVersion }: Change,
  asking: Asking,
): Promise<clients.Client> {
  return inTenant(db, asking.principal.tenantId, async (tx) => {
    const before = await lockLiveClient(tx, asking, id)
    checkVersion(before.version)
    const { scopes = before.scopes } = changes
    if (scopes.some((scope) => !before.scopes.includes(scope))) refuseBeyond(asking.principal, scopes)
    const after = await clients.update(tx, before, changes)
    await tell(tx, asking, 'oauth_client.updated', { before, after, data: { name: after.name } })
    return after
  })
}
