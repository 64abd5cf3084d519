import { createHash, createHmac, randomBytes } from 'node:crypto'

/** A new refresh token: opaque, 256 random bits. */
export const newRefreshToken = () => `gate_rt_${randomBytes(32).toString('base64url')}`

/**
 * The token that follows a spent one. Always the same for the same token, so that a client that asks twice
 * (its first answer was lost) gets one successor; worthless to guess at without the key.
 */
export const successorOf = (token: string, key: Uint8Array) =>
  `gate_rt_${createHmac('sha256', key).update(token).digest('base64url')}`

/** What is stored of a refresh token. */
export const digestOf = (token: string) => createHash('sha256').update(token).digest()
