import type { Permission } from '@gatehouse/contracts/permissions'
import type { PrincipalKind } from '@gatehouse/contracts/principal'
import type { Act } from '@gatehouse/contracts/tokens'
import { accessTokenSeconds, createTokenSigner, type TokenSigner } from '@gatehouse/keys/token-signer'
import { v7 as uuidv7 } from 'uuid'
import { signingKeyMissing } from './errors.ts'

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
  /** As of when all this is known to be so, where that is not now. Milliseconds since 1970. */
  readonly asOf?: number | undefined
  /** When the token ends at the latest; whole seconds since 1970. */
  readonly expiresAt?: number | undefined
}

/** Issues access tokens (RFC 9068, ES256) as one issuer, once it has been given a key. */
export interface Issuer extends Pick<TokenSigner, 'use' | 'hasKey'> {
  /** @throws signingKeyMissing until a key is there */
  issue(grant: Grant): string
}

export function createIssuer(url: string): Issuer {
  const { sign, use, hasKey } = createTokenSigner(signingKeyMissing)

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
    asOf = Date.now(),
    expiresAt = Number.POSITIVE_INFINITY,
  }) => {
    // With its fraction (RFC 7519, section 2): what was revoked in the same second is told from what was issued after.
    const iat = asOf / 1000
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

  return { issue, use, hasKey }
}
