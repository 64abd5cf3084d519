import type { CreatePartnerClient, NewPartnerClient } from '@gatehouse/contracts/partner-clients'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { type Asking, refuseBeyond, tell } from './change-client.ts'
import * as clients from './repository.ts'
import { keptOf, newClientId, secretWriter } from './secret.ts'
import { shown } from './shown.ts'

export interface SecretDeps {
  readonly db: Database
  /** What secrets are derived with that may have to be shown again; 32 bytes. */
  readonly secretKey: Uint8Array
}

/** Who asks for something, and how, so that a repetition of it is known. */
export interface Asked extends Asking {
  readonly request: RepeatableRequest
}

/**
 * Makes a client for a partner of the caller's tenant, with a secret that is shown this once. With an `Idempotency-Key`,
 * asking again answers the same client and secret.
 * @throws beyondOwnPermissions, idempotencyKeyReused
 */
export async function createClient(
  { db, secretKey }: SecretDeps,
  input: CreatePartnerClient,
  asked: Asked,
): Promise<NewPartnerClient> {
  const { principal, request } = asked
  const { tenantId } = principal
  refuseBeyond(principal, input.scopes)
  const write = secretWriter(secretKey, request.key)
  const { client, secretId } = await inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      const secretId = uuidv7()
      const createdBy = principal.kind === 'user' ? principal.id : principal.ownerId
      const named = { id: uuidv7(), clientId: newClientId(), tenantId, createdBy, ...input }
      const client = await clients.insert(tx, named, { id: secretId, ...keptOf(write(secretId)) })
      const { name, scopes } = client
      await tell(tx, asked, 'oauth_client.created', { after: client, data: { name, scopes } })
      return { client: shown(client), secretId }
    }),
  )
  return { ...client, clientSecret: write(secretId) }
}
