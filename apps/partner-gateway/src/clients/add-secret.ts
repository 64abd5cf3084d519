import type { NewPartnerClientSecret } from '@gatehouse/contracts/partner-client-secrets'
import { once } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { tooManySecrets } from '../errors.ts'
import { lockLiveClient, refuseBeyond, tell } from './change-client.ts'
import type { Asked, SecretDeps } from './create-client.ts'
import * as clients from './repository.ts'
import { keptOf, secretWriter } from './secret.ts'
import * as secrets from './secrets-repository.ts'
import { shownSecret } from './shown.ts'

/** The one in use, and the one that is to follow. */
const liveSecrets = 2

/**
 * Gives a client a secret besides the one that it has, shown this once. Whoever gets to know a secret can do all that the
 * client can: so they must hold all of its scopes. With an `Idempotency-Key`, asking again answers the same secret.
 * @throws clientNotFound, clientRevoked, beyondOwnPermissions, tooManySecrets, idempotencyKeyReused
 */
export async function addSecret(
  { db, secretKey }: SecretDeps,
  { clientId, expiresAt }: { readonly clientId: string; readonly expiresAt: Date | null },
  asked: Asked,
): Promise<NewPartnerClientSecret> {
  const { principal, request } = asked
  const { tenantId } = principal
  const write = secretWriter(secretKey, request.key)
  const added = await inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      const client = await lockLiveClient(tx, asked, clientId)
      refuseBeyond(principal, client.scopes)
      await secrets.removeExpired(tx, client)
      if ((await secrets.live(tx, client)).length >= liveSecrets) throw tooManySecrets()
      const id = uuidv7()
      const secret = { id, ...keptOf(write(id)), tenantId, clientId, expiresAt }
      const added = shownSecret(await secrets.insert(tx, secret))
      const after = await clients.update(tx, client, {})
      const data = { name: after.name, credentialId: id, expiresAt: added.expiresAt }
      await tell(tx, asked, 'oauth_client.secret_added', { after, data })
      return added
    }),
  )
  return { ...added, clientSecret: write(added.id) }
}
