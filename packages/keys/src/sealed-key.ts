import { calculateJwkThumbprint, compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Seal } from './seal.ts'

/** Seals the private halves of signing keys, and opens them. */
export interface KeySeal {
  readonly seal: Seal
  /** What keys were sealed with directly before there was `seal`. */
  readonly keyEncryptionKey: Uint8Array
}

const aboutKey = (kid: string) => `signing key ${kid}`

/** A new ES256 key, named by its thumbprint (RFC 7638), with the private half sealed. */
export async function newSealedKey({ seal }: KeySeal) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)])
  const kid = await calculateJwkThumbprint(publicJwk)
  const sealedPrivateJwk = await seal.seal(aboutKey(kid), JSON.stringify(privateJwk))
  return { kid, publicJwk, sealedPrivateJwk }
}

/** @throws if it was sealed under another key-encryption key */
export async function unsealKey(
  { seal, keyEncryptionKey }: KeySeal,
  { kid, sealedPrivateJwk }: { kid: string; sealedPrivateJwk: string },
): Promise<JWK> {
  const opened = seal
    .unseal(aboutKey(kid), sealedPrivateJwk)
    .catch(() => unsealDirectly(sealedPrivateJwk, keyEncryptionKey))
  return JSON.parse(await opened)
}

async function unsealDirectly(sealed: string, keyEncryptionKey: Uint8Array) {
  const { plaintext } = await compactDecrypt(sealed, keyEncryptionKey, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  })
  return new TextDecoder().decode(plaintext)
}
