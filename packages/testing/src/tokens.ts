import { type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import type { PrincipalKind } from '@gatehouse/contracts/principal'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'

/** Who a token is for; what isn't said is made up. */
interface Bearer {
  readonly tenantId?: string
  readonly permissions?: readonly Permission[]
  readonly kind?: PrincipalKind
  readonly subject?: string
  readonly sessionId?: string
}

/** An issuer of access tokens, with a key of its own, for services that are tested without auth. */
export interface TestIssuer {
  readonly issuer: string
  readonly jwks: readonly Readonly<Record<string, unknown>>[]
  /** Headers that carry a good token for such a bearer. */
  as(bearer: Bearer): Promise<{ authorization: string }>
}

/** Makes an issuer whose tokens verify with `jwks`. */
export async function createTestIssuer(audience = 'gatehouse'): Promise<TestIssuer> {
  const issuer = 'http://issuer.test'
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)

  const as: TestIssuer['as'] = async (bearer) => {
    const kind = bearer.kind ?? 'user'
    const token = await new SignJWT({
      kind,
      tid: bearer.tenantId ?? uuidv7(),
      client_id: 'gatehouse',
      scope: (bearer.permissions ?? []).join(' '),
      ...(kind === 'user' && { sid: bearer.sessionId ?? uuidv7() }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(bearer.subject ?? (kind === 'service' ? 'auth' : uuidv7()))
      .setJti(uuidv7())
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey)
    return { authorization: `Bearer ${token}` }
  }

  return { issuer, jwks: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' }], as }
}

/** Every permission there is but one: what a caller holds who lacks just that. */
export const allBut = (permission: Permission) => permissionNames.filter((name) => name !== permission)
