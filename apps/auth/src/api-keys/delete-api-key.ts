import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import type { EndApiKeys, RevokeApiKey } from '../api-key.ts'
import { apiKeyNotFound } from '../errors.ts'
import { findPresentedKey } from './examine-api-key.ts'
import * as apiKeys from './repository.ts'
import { mayManage } from './reroll-api-key.ts'

/**
 * Deletes an API key: it is refused here at once, and everywhere as soon as the revocation feed has told.
 * @throws apiKeyNotFound also for another person's key, without the permission
 */
export function deleteApiKey(db: Database, principal: Principal, id: string, origin: Origin): Promise<void> {
  return inTenant(db, principal.tenantId, async (tx) => {
    const key = await apiKeys.byId(tx, id)
    const isDeleted = key && mayManage(principal, key) && (await end(tx, id, { actor: principal, origin }))
    if (!isDeleted) throw apiKeyNotFound()
  })
}

/** Makes what deletes the key that somebody presents, whoever they are: nobody else should have it. */
export const createRevokeApiKey =
  ({ db }: { db: Database }): RevokeApiKey =>
  (key, by) =>
    inPlatform(db, async (tx) => {
      const found = await findPresentedKey(tx, key)
      if (found) await end(tx, found.id, by)
    })

/** Deletes all the keys that somebody has in a tenant that they have left. */
export const endApiKeys: EndApiKeys = async (tx, which, by) => {
  const ended = await apiKeys.revokeAll(tx, which)
  await Promise.all(ended.map((key) => tell(tx, key, by)))
}

interface By {
  readonly actor: Pick<Principal, 'kind' | 'id' | 'ownerId'>
  readonly origin: Origin
}

async function end(tx: Tx, id: string, by: By) {
  const ended = await apiKeys.revoke(tx, id)
  if (ended) await tell(tx, ended, by)
  return ended !== undefined
}

async function tell(
  tx: Tx,
  { id, tenantId, userId, name, version }: apiKeys.StoredKey,
  { actor, origin }: By,
) {
  await emit(tx, 'api_key.revoked', {
    tenantId,
    actor: { type: actor.kind, id: actor.id, ownerId: actor.ownerId },
    aggregate: { id, version },
    origin,
    data: { userId, name },
  })
  await revoke(tx, { tenantId, kind: 'api_key', id })
}
