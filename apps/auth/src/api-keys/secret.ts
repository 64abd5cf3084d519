import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { formatApiKey } from '@gatehouse/contracts/api-key-format'

/**
 * Makes the text of a key for an id. With an `Idempotency-Key` it is the same each time, so that it can be shown again
 * though it is stored nowhere; worthless to guess at without `secretKey`.
 */
export function keyWriter(secretKey: Uint8Array, idempotencyKey: string | undefined): (id: string) => string {
  const random = randomBytes(32)
  const derived = (id: string) =>
    createHmac('sha256', secretKey)
      .update(JSON.stringify([id, idempotencyKey]))
      .digest()
  return (id) => formatApiKey(id, idempotencyKey === undefined ? random : derived(id))
}

/** What is stored of a key, which is random and long enough to need no slow hash. */
export const digestOf = (key: string) => createHash('sha256').update(key).digest()

/** Whether a key is the one of this digest; takes as long for any. */
export const isKeyOf = (digest: Buffer, key: string) => timingSafeEqual(digest, digestOf(key))
