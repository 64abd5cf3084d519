import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { commitment } from '@gatehouse/ledger/leaf'

/** Something personal: what the ledger holds of it, and it itself, unreadable without its key. */
export interface Sealed {
  /** Base64. */
  readonly commitment: string
  /** Null where it was of somebody who had been forgotten. */
  readonly sealed: Buffer | null
}

export interface Unsealed {
  /** Of the commitment. */
  readonly salt: Buffer
  /** Canonical JSON. */
  readonly json: string
}

const nonceLength = 12
const tagLength = 16
const saltLength = 32

/**
 * Commits to something personal and seals it along with the salt: AES-256-GCM, whose nonces are random.
 * @param key of whom it is about; null if they were forgotten, and then nothing but the commitment is left of it
 * @param about whose and what it is: it opens as nothing else
 */
export function seal(key: Buffer | null, about: string, json: string): Sealed {
  const nonce = takeRandom(nonceLength)
  const salt = takeRandom(saltLength)
  const committed = commitment(salt, json)
  if (key === null) return { commitment: committed, sealed: null }
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
  const text = cipher.update(Buffer.concat([salt, Buffer.from(json)]))
  cipher.final()
  return { commitment: committed, sealed: Buffer.concat([nonce, cipher.getAuthTag(), text]) }
}

let random = Buffer.alloc(0)

/** Random bytes, of which the system is asked for many at once; none is given twice. */
function takeRandom(length: number) {
  if (random.length < length) random = randomBytes(8192)
  const taken = random.subarray(0, length)
  random = random.subarray(length)
  return taken
}

/** @returns undefined if it was sealed about something else, under another key, or was tampered with */
export function unseal(key: Buffer, about: string, sealed: Buffer): Unsealed | undefined {
  const nonce = sealed.subarray(0, nonceLength)
  const tag = sealed.subarray(nonceLength, nonceLength + tagLength)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength })
      .setAAD(Buffer.from(about))
      .setAuthTag(tag)
    const text = Buffer.concat([decipher.update(sealed.subarray(nonceLength + tagLength)), decipher.final()])
    return { salt: text.subarray(0, saltLength), json: text.toString('utf8', saltLength) }
  } catch {
    return undefined
  }
}
