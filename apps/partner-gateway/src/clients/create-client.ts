import type { Origin } from '@gatehouse/contracts/origin'
import type { CreatePartnerClient } from '@gatehouse/contracts/partner-clients'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { beyondOwnPermissions } from '../errors.ts'
import * as clients from './repository.ts'
import { digestOf, lastFourOf, newClientId, newSecret } from './secret.ts'

/**
 * Makes a client for a partner of the caller's tenant, with a secret that is shown this once.
 * @throws beyondOwnPermissions if it would get a scope that the caller lacks
 */
export async function createClient(
  db: Database,
  principal: Principal,
  input: CreatePartnerClient,
  origin: Origin,
) {
  const { tenantId, permissions } = principal
  const lacking = input.scopes.filter((scope) => !permissions.has(scope))
  if (lacking.length > 0) throw beyondOwnPermissions(lacking)

  const clientSecret = newSecret()
  const secret = { id: uuidv7(), digest: digestOf(clientSecret), lastFour: lastFourOf(clientSecret) }
  return inTenant(db, tenantId, async (tx) => {
    const named = { id: uuidv7(), clientId: newClientId(), tenantId, ...input }
    const client = await clients.insert(tx, named, secret)
    await emit(tx, 'oauth_client.created', {
      tenantId,
      actor: { type: principal.kind, id: principal.id },
      aggregate: { id: client.id, version: client.version },
      origin,
      data: { name: client.name, scopes: client.scopes },
    })
    return { client, clientSecret }
  })
}
