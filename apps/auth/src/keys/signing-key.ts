import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import {
  CompactEncrypt,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  type JWK,
} from 'jose'
import * as keys from './repository.ts'

export interface SigningKey {
  readonly kid: string
  readonly privateJwk: JWK
}

/**
 * The key to sign with. The first replica to ask makes it; the private half is stored sealed (JWE, A256GCM).
 * @param keyEncryptionKey 32 bytes; a key sealed under another one makes this throw
 */
export function signingKey(db: Database, keyEncryptionKey: Uint8Array): Promise<SigningKey> {
  return inPlatform(db, async (tx) => {
    await keys.lock(tx)
    const [newest] = await keys.all(tx)
    if (newest)
      return { kid: newest.kid, privateJwk: await unseal(newest.sealedPrivateJwk, keyEncryptionKey) }

    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const publicJwk = await exportJWK(publicKey)
    const privateJwk = await exportJWK(privateKey)
    const kid = await calculateJwkThumbprint(publicJwk)
    await keys.insert(tx, { kid, publicJwk, sealedPrivateJwk: await seal(privateJwk, keyEncryptionKey) })
    return { kid, privateJwk }
  })
}

const seal = (jwk: JWK, keyEncryptionKey: Uint8Array) =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(keyEncryptionKey)

async function unseal(sealed: string, keyEncryptionKey: Uint8Array): Promise<JWK> {
  const { plaintext } = await compactDecrypt(sealed, keyEncryptionKey, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  })
  return JSON.parse(new TextDecoder().decode(plaintext))
}
