import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Seal } from './seal.ts'
import type { SealedColumn } from './sealed-column.ts'
import { signingKeys } from './signing-keys.ts'

const aboutKey = (kid: string) => `signing key ${kid}`

/** Where the private halves of signing keys are. */
export const sealedSigningKeys: SealedColumn = {
  column: signingKeys.sealedPrivateJwk,
  of: signingKeys.kid,
  about: aboutKey,
}

/** A new ES256 key, named by its thumbprint (RFC 7638), with the private half sealed. */
export async function newSealedKey(seal: Seal) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)])
  const kid = await calculateJwkThumbprint(publicJwk)
  const sealedPrivateJwk = await seal.seal(aboutKey(kid), JSON.stringify(privateJwk))
  return { kid, publicJwk, sealedPrivateJwk }
}

/** @throws if none of the key-encryption keys opens it */
export async function unsealKey(
  seal: Seal,
  { kid, sealedPrivateJwk }: { kid: string; sealedPrivateJwk: string },
): Promise<JWK> {
  return JSON.parse(await seal.unseal(aboutKey(kid), sealedPrivateJwk))
}
