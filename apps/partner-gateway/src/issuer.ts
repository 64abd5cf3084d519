import { randomUUIDv7 } from 'node:crypto'
import type { Permission } from '@gatehouse/contracts/permissions'
import { partnerSessionOf } from '@gatehouse/contracts/principal'
import { accessTokenSeconds, createTokenSigner, type TokenSigner } from '@gatehouse/keys/token-signer'
import { signingKeyMissing } from './errors.ts'

/** Whom a token is for, and what it lets them do. */
interface Grant {
  readonly client: { readonly id: string; readonly clientId: string; readonly tenantId: string }
  readonly scopes: readonly Permission[]
  /** The secret that it is given for. */
  readonly secretId: string
}

export interface IssuedToken {
  readonly text: string
  readonly id: string
  readonly expiresInSeconds: number
}

/** Issues partners' access tokens (RFC 9068, ES256), once it has been given a key. */
export interface PartnerIssuer extends Pick<TokenSigner, 'use' | 'hasKey'> {
  /** The `iss` of the tokens. */
  readonly url: string
  /** @throws signingKeyMissing until a key is there */
  issue(grant: Grant): IssuedToken
}

/** The one service that takes partners' tokens. */
export const partnerAudience = 'partner-gateway'

/**
 * By how much the time at which a token says that it was issued is put back. The revocation feed may take that long to
 * tell of a tenant that was suspended: a token that is issued meanwhile is refused along with those from before.
 */
const feedSeconds = 3

/** The issuer of partners' tokens, as a part of the platform at `platformUrl`. */
export const partnerIssuerUrl = (platformUrl: string) => `${platformUrl}/api/partner`

export function createPartnerIssuer(platformUrl: string): PartnerIssuer {
  const { sign, use, hasKey } = createTokenSigner(signingKeyMissing)
  const url = partnerIssuerUrl(platformUrl)
  return {
    url,
    use,
    hasKey,
    issue({ client, scopes, secretId }) {
      const id = randomUUIDv7()
      const now = Date.now() / 1_000
      const iat = now - feedSeconds
      const exp = Math.floor(iat) + accessTokenSeconds
      const text = sign({
        iss: url,
        aud: partnerAudience,
        sub: client.id,
        kind: 'partner_client',
        tid: client.tenantId,
        sid: partnerSessionOf(secretId, id),
        client_id: client.clientId,
        scope: scopes.join(' '),
        jti: id,
        iat,
        exp,
      })
      return { text, id, expiresInSeconds: Math.floor(exp - now) }
    },
  }
}
