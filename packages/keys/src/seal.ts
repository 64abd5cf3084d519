import { hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose'

/**
 * Keys that other keys and secrets are sealed with, 32 bytes each. The first one seals, all of them open: so that one can
 * take over from another without anything that can't be opened meanwhile.
 */
export type KeyEncryptionKeys = readonly [Uint8Array, ...Uint8Array[]]

/** Keeps secrets for the database: sealed (JWE, A256GCM) under a key for each (HKDF-SHA-256) of the key-encryption key. */
export interface Seal {
  /** The ids of the keys, in their order. They say nothing of them. */
  readonly keyIds: readonly [string, ...string[]]
  /** @param about what the secret is and whose, e.g. `totp secret <id>`: it opens as nothing else */
  seal(about: string, secret: string): Promise<string>
  /** @throws if it was sealed about something else, under a key that isn't among these, or was tampered with */
  unseal(about: string, sealed: string): Promise<string>
  /** What everything begins with that the first key has sealed, and nothing else does. */
  readonly prefix: string
  /** Of each key one to make digests with (HMAC), in their order. Nobody can seal such a digest anew. */
  digestKeys(about: string): KeyEncryptionKeys
}

const derive = (key: Uint8Array, purpose: string, bytes = 32) =>
  new Uint8Array(hkdfSync('sha256', key, '', purpose, bytes))

/** Of each key another one, for one purpose, in their order: what is made with them is shown again, and nowhere stored. */
export function derivedKeys([first, ...others]: KeyEncryptionKeys, purpose: string): KeyEncryptionKeys {
  return [derive(first, purpose), ...others.map((key) => derive(key, purpose))]
}

/** What a key goes by: in what it has sealed, and where people read of it. */
export const keyIdOf = (key: Uint8Array): string => Buffer.from(derive(key, 'id', 8)).toString('hex')

/** The id of the key that something was sealed with; undefined for what was sealed before keys had ids. */
export const keyIdIn = (sealed: string): string | undefined => decodeProtectedHeader(sealed).kid

export function createSeal(...keys: KeyEncryptionKeys): Seal {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]))
  const [first] = keys
  const header = { alg: 'dir', enc: 'A256GCM', kid: keyIdOf(first) }
  const open = async (key: Uint8Array, about: string, sealed: string) => {
    const { plaintext } = await compactDecrypt(sealed, derive(key, `seal: ${about}`), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return new TextDecoder().decode(plaintext)
  }
  const candidates = (sealed: string) => {
    const id = keyIdIn(sealed)
    if (id === undefined) return keys
    const key = byId.get(id)
    if (key === undefined) throw new Error(`it was sealed with the key ${id}, which is not given`)
    return [key]
  }
  return {
    keyIds: [header.kid, ...keys.slice(1).map(keyIdOf)],
    prefix: `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`,
    seal: (about, secret) =>
      new CompactEncrypt(new TextEncoder().encode(secret))
        .setProtectedHeader(header)
        .encrypt(derive(first, `seal: ${about}`)),
    async unseal(about, sealed) {
      let failure: unknown
      for (const key of candidates(sealed)) {
        try {
          return await open(key, about, sealed)
        } catch (error) {
          failure = error
        }
      }
      throw failure
    },
    digestKeys: (about) => derivedKeys(keys, `digest: ${about}`),
  }
}
