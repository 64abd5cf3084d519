import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Id } from '@gatehouse/contracts/identifiers'

/** What a refresh token goes on with. */
export interface Continuation {
  readonly sessionId: string
  readonly userId: string
  readonly tenantId: string
}

/** A new refresh token: opaque to its holder, 256 random bits behind the ids of what it goes on with. */
export const newRefreshToken = (of: Continuation) => tokenOf(idBytes(of), randomBytes(32))

/**
 * The token that follows a spent one. Always the same for the same token, so that a client that asks twice
 * (its first answer was lost) gets one successor; worthless to guess at without the key.
 */
export const successorOf = (token: string, key: Uint8Array) =>
  tokenOf(bytesOf(token).subarray(0, 48), createHmac('sha256', key).update(token).digest())

/**
 * The first token of a session that takes the place of another, from what is stored of that one's last token: so whoever
 * holds that can be given it again; worthless to guess at without the key.
 */
export const firstTokenAfter = (digest: Uint8Array, key: Uint8Array, of: Continuation) =>
  tokenOf(idBytes(of), createHmac('sha256', key).update(digest).digest())

/**
 * What a refresh token says that it goes on with: so that need not be looked up before the directory is asked. That it
 * is true is known once the token is found in the database. Undefined for what has not the form of one.
 */
export function continuationIn(token: string): Continuation | undefined {
  if (!form.test(token)) return undefined
  const hex = bytesOf(token).toString('hex')
  const [sessionId, userId, tenantId] = [0, 32, 64].map((at) => Id.safeParse(uuidAt(hex, at)).data)
  return sessionId && userId && tenantId ? { sessionId, userId, tenantId } : undefined
}

/** What is stored of a refresh token. */
export const digestOf = (token: string) => createHash('sha256').update(token).digest()

const prefix = 'gate_rt_'
const form = /^gate_rt_[\w-]{107}$/

const tokenOf = (ids: Uint8Array, secret: Uint8Array) =>
  `${prefix}${Buffer.concat([ids, secret]).toString('base64url')}`

const bytesOf = (token: string) => Buffer.from(token.slice(prefix.length), 'base64url')

const idBytes = ({ sessionId, userId, tenantId }: Continuation) =>
  Buffer.from([sessionId, userId, tenantId].join('').replaceAll('-', ''), 'hex')

const uuidAt = (hex: string, at: number) =>
  [8, 12, 16, 20, 32].map((end, i) => hex.slice(at + ([0, 8, 12, 16, 20][i] ?? 0), at + end)).join('-')
