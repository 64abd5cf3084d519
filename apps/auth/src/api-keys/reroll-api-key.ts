import type { NewApiKey, RerollApiKey } from '@gatehouse/contracts/api-keys'
import type { Principal } from '@gatehouse/contracts/principal'
import { once } from '@gatehouse/db/idempotency'
import { inTenant, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { apiKeyNotFound } from '../errors.ts'
import { type ApiKeyDeps, type Asked, enterKey } from './create-api-key.ts'
import { ceilingFor, refuseBeyond } from './permitted-scopes.ts'
import * as apiKeys from './repository.ts'
import { keyWriter } from './secret.ts'

/**
 * Replaces an API key by a new one, while the old one goes on for as long as the overlap. Of its scopes the new key has
 * those that its owner still holds. With an `Idempotency-Key`, asking again answers the same key.
 * @throws apiKeyNotFound also for another person's key, without the permission, and one that is deleted or expired
 * @throws beyondPermissions for somebody else's key with a scope that the caller lacks now: its secret would be theirs
 * @throws idempotencyKeyReused
 */
export async function rerollApiKey(
  { db, directory, apiKeySecret }: ApiKeyDeps,
  { id, overlapSeconds, expiresAt }: RerollApiKey & { readonly id: string },
  { principal, request, origin }: Asked,
): Promise<NewApiKey> {
  const { tenantId } = principal
  const old = await readInTenant(db, tenantId, (tx) => apiKeys.byId(tx, id))
  if (!old || !mayManage(principal, old)) throw apiKeyNotFound()
  const { name, userId } = old
  const { owner, creator } = await ceilingFor(directory, principal, userId, origin)
  const scopes = old.scopes.filter((scope) => owner.has(scope))
  refuseBeyond(creator, scopes)

  const write = keyWriter(apiKeySecret, request.key)
  const endsAt = new Date(Date.now() + overlapSeconds * 1000)
  const record = await inTenant(db, tenantId, (tx) =>
    once(tx, request, async () => {
      const ended = await end(tx, id, overlapSeconds === 0 ? undefined : endsAt)
      const successor = { name, userId, scopes, expiresAt: expiresAt ?? old.expiresAt?.toISOString() }
      const record = await enterKey(tx, write, successor, { principal, origin })
      await emit(tx, 'api_key.rerolled', {
        tenantId,
        actor: { type: principal.kind, id: principal.id, ownerId: principal.ownerId },
        aggregate: { id, version: ended.version },
        origin,
        data: { userId, successorId: record.id, expiresAt: (ended.expiresAt ?? endsAt).toISOString() },
      })
      return record
    }),
  )
  return { ...record, key: write(record.id) }
}

/** One's own keys, and with the permission those of the others in the tenant. */
export const mayManage = ({ kind, id, permissions }: Principal, { userId }: { readonly userId: string }) =>
  (kind === 'user' && id === userId) || permissions.has('api-keys:write')

/** Ends a key at that time, or at once. */
async function end(tx: Tx, id: string, time: Date | undefined) {
  const ended = time === undefined ? await endNow(tx, id) : await apiKeys.endAt(tx, id, time)
  if (!ended) throw apiKeyNotFound()
  return ended
}

async function endNow(tx: Tx, id: string) {
  const key = (await apiKeys.liveById(tx, id)) && (await apiKeys.revoke(tx, id))
  if (key) await revoke(tx, { tenantId: key.tenantId, kind: 'api_key', id })
  return key
}
