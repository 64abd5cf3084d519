import { createPrivateKey } from 'node:crypto'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { PrincipalKind } from '@gatehouse/contracts/principal'
import type { Act } from '@gatehouse/contracts/tokens'
import { createSigner } from 'fast-jwt'
import type { JWK } from 'jose'
import { v7 as uuidv7 } from 'uuid'
import { signingKeyMissing } from './errors.ts'

/** The life of an access token, in seconds. */
export const accessTokenSeconds = 600

/** What an access token says about its bearer. */
export interface Grant {
  readonly kind: PrincipalKind
  readonly subject: string
  readonly tenantId: string
  readonly sessionId?: string
  readonly clientId: string
  readonly audience: string
  readonly permissions: readonly Permission[]
  /** The person whom an API key acts for. */
  readonly ownerId?: string | undefined
  /** The services that the token was exchanged through (RFC 8693, section 4.1). */
  readonly actor?: Act | undefined
  /** When the token ends at the latest; whole seconds since 1970. */
  readonly expiresAt?: number | undefined
}

/** Signs access tokens (RFC 9068, ES256) as one issuer, once it has been given a key. */
export interface Issuer {
  /** @throws signingKeyMissing until a key is there */
  issue(grant: Grant): string
  use(key: { kid: string; privateJwk: JWK }): void
  hasKey(): boolean
}

export function createIssuer(url: string): Issuer {
  let sign: ((payload: object) => string) | undefined

  const use: Issuer['use'] = ({ kid, privateJwk }) => {
    const pem = createPrivateKey({ key: privateJwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' })
    sign = createSigner({ algorithm: 'ES256', key: pem, kid, header: { alg: 'ES256', typ: 'at+jwt' } })
  }

  const issue: Issuer['issue'] = ({
    kind,
    subject,
    tenantId,
    sessionId,
    clientId,
    audience,
    permissions,
    ownerId,
    actor,
    expiresAt = Number.POSITIVE_INFINITY,
  }) => {
    if (!sign) throw signingKeyMissing()
    // With its fraction (RFC 7519, section 2): what was revoked in the same second is told from what was issued after.
    const iat = Date.now() / 1000
    return sign({
      iss: url,
      aud: audience,
      sub: subject,
      kind,
      tid: tenantId,
      ...(sessionId && { sid: sessionId }),
      client_id: clientId,
      scope: permissions.join(' '),
      jti: uuidv7(),
      iat,
      exp: Math.min(Math.floor(iat) + accessTokenSeconds, expiresAt),
      ...(ownerId !== undefined && { own: ownerId }),
      ...(actor && { act: actor }),
    })
  }

  return { issue, use, hasKey: () => sign !== undefined }
}
