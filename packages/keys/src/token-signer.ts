import { createPrivateKey } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import type { JWK } from 'jose'

/** The life of an access token, in seconds. */
export const accessTokenSeconds = 600

/** Signs access tokens (RFC 9068, ES256), once it has been given a key. */
export interface TokenSigner {
  /** A JWT that says these claims and no other. @throws what `keyMissing` makes, until a key is there */
  sign(claims: Readonly<Record<string, unknown>> & { readonly iat: number }): string
  use(key: { kid: string; privateJwk: JWK }): void
  hasKey(): boolean
}

/** @param keyMissing the error for a token that can't be signed yet */
export function createTokenSigner(keyMissing: () => Error): TokenSigner {
  let sign: ((payload: object) => string) | undefined
  return {
    sign(claims) {
      if (!sign) throw keyMissing()
      // Of `iat` the library would write down whole seconds alone, and what was revoked in one and what was issued later
      // in it could not be told apart (RFC 7519, section 2, has fractions).
      return sign({ ...claims, toJSON: () => claims })
    },
    use({ kid, privateJwk }) {
      const key = createPrivateKey({ key: privateJwk, format: 'jwk' }).export({
        type: 'pkcs8',
        format: 'pem',
      })
      sign = createSigner({ algorithm: 'ES256', key, kid, header: { alg: 'ES256', typ: 'at+jwt' } })
    },
    hasKey: () => sign !== undefined,
  }
}
