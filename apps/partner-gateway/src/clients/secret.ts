import { createHash, randomBytes } from 'node:crypto'

/** What a client is called in OAuth 2; nobody can tell from it when it was made, or by whom. */
export const newClientId = () => `gate_client_${randomBytes(16).toString('base64url')}`

/** A new secret: 256 random bits. */
export const newSecret = () => `gate_cs_${randomBytes(32).toString('base64url')}`

/** What is kept of a secret: as random as it is, it needs no slow hash. */
export const digestOf = (secret: string) => createHash('sha256').update(secret).digest()

/** What a secret is told by in lists. */
export const lastFourOf = (secret: string) => secret.slice(-4)
