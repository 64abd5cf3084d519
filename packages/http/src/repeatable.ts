import type { Principal } from '@gatehouse/contracts/principal'
import { idempotencyKeyReused } from '@gatehouse/contracts/problems'

interface Asked {
  readonly principal: Principal
  /** Of the request, with the ids in it. */
  readonly url: string
  readonly headers: { readonly 'idempotency-key'?: string | undefined }
  readonly body: unknown
}

/**
 * What tells the repetition of a POST from another one, for `once` of packages/db: who asks, what, and their
 * `Idempotency-Key`.
 * @param bodyKey goes into the digest of the body; 32 bytes
 */
export const repeatable = (bodyKey: Uint8Array, { principal, url, headers, body }: Asked) => ({
  key: headers['idempotency-key'],
  tenantId: principal.tenantId,
  actorId: principal.id,
  method: 'POST',
  path: url,
  body,
  bodyKey,
  reused: idempotencyKeyReused,
})
