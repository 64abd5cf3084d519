import { PublicKey } from '@gatehouse/contracts/jwks'
import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import * as keys from './signing-keys.ts'

/** The public keys that access tokens verify with, now or soon, as a JWK set has them (RFC 7517). */
export async function publishedKeys(db: Database): Promise<PublicKey[]> {
  const all = await readInPlatform(db, keys.kept)
  return all.map(({ kid, publicJwk }) => PublicKey.parse({ ...publicJwk, kid, alg: 'ES256', use: 'sig' }))
}
