import { createHash, createHmac, randomBytes } from 'node:crypto'

/** What a client is called in OAuth 2; nobody can tell from it when it was made, or by whom. */
export const newClientId = () => `gate_client_${randomBytes(16).toString('base64url')}`

/**
 * Makes the text of a secret for an id: 256 random bits. With an `Idempotency-Key` it is the same each time, so that it can
 * be shown again though it is stored nowhere; worthless to guess at without `secretKey`.
 */
export function secretWriter(
  secretKey: Uint8Array,
  idempotencyKey: string | undefined,
): (id: string) => string {
  const random = randomBytes(32)
  const derived = (id: string) =>
    createHmac('sha256', secretKey)
      .update(JSON.stringify([id, idempotencyKey]))
      .digest()
  return (id) => `gate_cs_${(idempotencyKey === undefined ? random : derived(id)).toString('base64url')}`
}

/** What is kept of a secret: as random as it is, it needs no slow hash. Lists tell it by its last four characters. */
export const keptOf = (secret: string) => ({
  digest: createHash('sha256').update(secret).digest(),
  lastFour: secret.slice(-4),
})
