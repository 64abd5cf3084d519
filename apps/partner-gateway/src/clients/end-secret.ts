import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { revoke } from '@gatehouse/events/revocation'
import { lastSecret, secretNotFound } from '../errors.ts'
import { type Asking, lockLiveClient, tell } from './change-client.ts'
import * as clients from './repository.ts'
import * as secrets from './secrets-repository.ts'

interface OfClient {
  readonly clientId: string
  readonly secretId: string
}

/**
 * Lets a secret expire, never later than it would have.
 * @throws clientNotFound, clientRevoked, secretNotFound
 */
export function expireSecret(
  db: Database,
  { clientId, secretId, at }: OfClient & { readonly at: Date },
  asking: Asking,
): Promise<secrets.Secret> {
  return inTenant(db, asking.principal.tenantId, async (tx) => {
    const client = await lockLiveClient(tx, asking, clientId)
    const secret = await secrets.expire(tx, client, secretId, at)
    if (!secret) throw secretNotFound()
    const after = await clients.update(tx, client, {})
    const expiresAt = (secret.expiresAt ?? at).toISOString()
    const data = { name: after.name, credentialId: secretId, expiresAt }
    await tell(tx, asking, 'oauth_client.secret_expired', { after, data })
    return secret
  })
}

/**
 * Removes a secret: it gets no token from then on, on any replica, and those that it got are refused everywhere within a
 * second.
 * @throws clientNotFound, clientRevoked, secretNotFound, lastSecret
 */
export function removeSecret(db: Database, { clientId, secretId }: OfClient, asking: Asking): Promise<void> {
  return inTenant(db, asking.principal.tenantId, async (tx) => {
    const client = await lockLiveClient(tx, asking, clientId)
    const live = await secrets.live(tx, client)
    if (!live.some(({ id }) => id === secretId)) throw secretNotFound()
    if (live.length === 1) throw lastSecret()
    await secrets.remove(tx, client, secretId)
    await revoke(tx, { tenantId: client.tenantId, kind: 'client_secret', id: secretId })
    const after = await clients.update(tx, client, {})
    const data = { name: after.name, credentialId: secretId }
    await tell(tx, asking, 'oauth_client.secret_removed', { after, data })
  })
}
