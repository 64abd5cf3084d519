import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Introspection } from '@gatehouse/contracts/tokens'
import { type PartnerIssuer, partnerAudience } from '../issuer.ts'
import type { KnownClient } from '../known-clients.ts'
import { type AuthenticationDeps, authenticateClient } from './authenticate-client.ts'
import type { Presented } from './client-authentication.ts'
import { type ExaminationDeps, examineToken } from './examine-token.ts'
import { type OwnToken, readOwnToken } from './own-token.ts'

export interface IntrospectionDeps extends AuthenticationDeps, ExaminationDeps {
  readonly issuer: PartnerIssuer
  /** What the revocation feed tells. `issuedAt` is in milliseconds since 1970. */
  isRevoked(principal: Principal, issuedAt: number): boolean
}

const inactive: Introspection = { active: false }

/**
 * Says to a client whether a token of its own is good now, and what it says (RFC 7662); of any other, that it isn't.
 * @throws invalidClient
 */
export async function introspectToken(
  deps: IntrospectionDeps,
  { token: text, ...presented }: Presented & { readonly token: string },
  origin: Origin,
): Promise<Introspection> {
  const { client } = await authenticateClient(deps, presented, origin)
  const token = await readOwnToken(deps, text)
  if (!token || token.sub !== client.id) return inactive
  if (deps.isRevoked(bearerOf(client, token), token.iat * 1_000)) return inactive
  const { sub: clientId, tid: tenantId, sid: sessionId } = token
  if (!(await examineToken(deps, { clientId, tenantId, sessionId }))) return inactive
  return {
    ...token,
    active: true,
    token_type: 'Bearer',
    iss: deps.issuer.url,
    aud: partnerAudience,
    kind: 'partner_client',
  }
}

const bearerOf = ({ id, tenantId, scopes }: KnownClient, { sid }: OwnToken): Principal => ({
  kind: 'partner_client',
  id,
  tenantId,
  sessionId: sid,
  permissions: new Set(scopes),
})
