import { type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import type { PrincipalKind } from '@gatehouse/contracts/principal'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { v7 as uuidv7 } from 'uuid'

/** Who a token is for; what isn't said is made up. */
interface Bearer {
  readonly tenantId?: string
  readonly permissions?: readonly Permission[]
  readonly kind?: PrincipalKind
  readonly subject?: string
  readonly sessionId?: string
  /** The service that exchanged the token. */
  readonly actor?: string
  /** Whom an API key acts for. */
  readonly ownerId?: string
  /** The token is over already. */
  readonly expired?: true
}

/** An issuer of access tokens, with a key of its own, for services that are tested without auth. */
export interface TestIssuer {
  readonly issuer: string
  readonly jwks: readonly Readonly<Record<string, unknown>>[]
  readonly key: IssuerKey
  /** The subjects whose tokens the services under test take for revoked. */
  readonly revoked: Set<string>
  /** Headers that carry a good token for such a bearer. */
  as(bearer: Bearer): Promise<{ authorization: string }>
}

/** What tokens are signed with (ES256). */
export interface IssuerKey {
  readonly kid: string
  readonly publicJwk: JWK
  readonly privateJwk: JWK
}

/** The one `iss` of every test. */
export const testIssuerUrl = 'http://issuer.test'

export async function createIssuerKey(): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    kid,
    publicJwk: { ...publicJwk, kid, alg: 'ES256', use: 'sig' },
    privateJwk: await exportJWK(privateKey),
  }
}

/** Makes an issuer whose tokens verify with `jwks`; without a key, with one of its own. */
export async function createTestIssuer(
  given?: IssuerKey,
  { issuer = testIssuerUrl, audience = 'gatehouse' } = {},
): Promise<TestIssuer> {
  const key = given ?? (await createIssuerKey())
  const { kid } = key
  const privateKey = await importJWK(key.privateJwk, 'ES256')

  const as: TestIssuer['as'] = async (bearer) => {
    const kind = bearer.kind ?? 'user'
    const token = await new SignJWT({
      kind,
      tid: bearer.tenantId ?? uuidv7(),
      client_id: 'gatehouse',
      scope: (bearer.permissions ?? []).join(' '),
      ...(kind === 'user' && { sid: bearer.sessionId ?? uuidv7() }),
      ...(bearer.ownerId !== undefined && { own: bearer.ownerId }),
      ...(bearer.actor !== undefined && { act: { sub: bearer.actor } }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(bearer.subject ?? (kind === 'service' ? 'auth' : uuidv7()))
      .setJti(uuidv7())
      .setIssuedAt(bearer.expired && '-20m')
      .setExpirationTime(bearer.expired ? '-10m' : '10m')
      .sign(privateKey)
    return { authorization: `Bearer ${token}` }
  }

  return { issuer, jwks: [{ ...key.publicJwk }], key, revoked: new Set(), as }
}

/** Every permission there is but one: what a caller holds who lacks just that. */
export const allBut = (permission: Permission) => permissionNames.filter((name) => name !== permission)
