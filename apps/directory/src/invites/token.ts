import { createHash, randomBytes } from 'node:crypto'

/** A new invite token: opaque, 256 random bits. */
export const newInviteToken = () => `gate_inv_${randomBytes(32).toString('base64url')}`

/** What is stored of an invite token. */
export const digestOf = (token: string) => createHash('sha256').update(token).digest()
