import { publicPartOf } from '@gatehouse/contracts/api-key-format'
import type { ApiKey, CreateApiKey, NewApiKey } from '@gatehouse/contracts/api-keys'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import { invalidRequest } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import type { Directory } from '../directory.ts'
import { ceilingFor, common, refuseBeyond } from './permitted-scopes.ts'
import * as apiKeys from './repository.ts'
import { digestOf, keyWriter } from './secret.ts'

export interface ApiKeyDeps {
  readonly db: Database
  readonly directory: Directory
  /** What the secrets of keys are derived with that may have to be shown again; 32 bytes. */
  readonly apiKeySecret: Uint8Array
}

/** Who asks for something, and how, so that a repetition of it is known. */
export interface Asked {
  readonly principal: Principal
  readonly request: RepeatableRequest
  readonly origin: Origin
}

/**
 * Makes an API key for somebody of the caller's tenant. With an `Idempotency-Key`, asking again answers the same key.
 * @throws apiKeyOwnerNotFound
 * @throws apiKeyOwnerNotActive
 * @throws beyondPermissions for a scope that the owner or the caller lacks now
 * @throws idempotencyKeyReused
 */
export async function createApiKey(
  { db, directory, apiKeySecret }: ApiKeyDeps,
  { name, userId, scopes: wanted, expiresAt }: CreateApiKey,
  { principal, request, origin }: Asked,
): Promise<NewApiKey> {
  const { owner, creator } = await ceilingFor(directory, principal, userId, origin)
  const held = common(owner, creator)
  refuseBeyond(held, wanted ?? [])
  const write = keyWriter(apiKeySecret, request.key)
  const record = await inTenant(db, principal.tenantId, (tx) =>
    once(tx, request, () =>
      enterKey(tx, write, { name, userId, scopes: wanted ?? [...held], expiresAt }, { principal, origin }),
    ),
  )
  return { ...record, key: write(record.id) }
}

interface NewKey {
  readonly name: string
  readonly userId: string
  readonly scopes: readonly Permission[]
  readonly expiresAt: string | undefined
}

/** Writes down a new key, and the event that says so. */
export async function enterKey(
  tx: Tx,
  write: (id: string) => string,
  { name, userId, scopes, expiresAt }: NewKey,
  { principal, origin }: Pick<Asked, 'principal' | 'origin'>,
): Promise<ApiKey> {
  refusePast(expiresAt)
  const id = uuidv7()
  const key = write(id)
  const { tenantId } = principal
  const { version, ...record } = await apiKeys.insert(tx, {
    id,
    tenantId,
    userId,
    name,
    prefix: publicPartOf(id),
    lastFour: key.slice(-4),
    digest: digestOf(key),
    scopes: [...scopes],
    // In whole milliseconds, as cursors have it.
    createdAt: new Date(),
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
  })
  await emit(tx, 'api_key.created', {
    tenantId,
    actor: { type: principal.kind, id: principal.id, ownerId: principal.ownerId },
    aggregate: { id, version },
    origin,
    data: { userId, name, scopes: [...scopes], expiresAt: expiresAt ?? null },
  })
  return apiKeys.shown({ version, ...record })
}

function refusePast(expiresAt: string | undefined) {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw invalidRequest({ errors: [{ path: 'body.expiresAt', message: 'Must be in the future' }] })
}
