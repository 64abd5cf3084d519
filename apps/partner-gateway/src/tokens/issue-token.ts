import type { Origin } from '@gatehouse/contracts/origin'
import type { PartnerToken } from '@gatehouse/contracts/partner-token'
import type { Permission } from '@gatehouse/contracts/permissions'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import { type ClientLimits, limitHeaders, type Taken } from '../client-limits.ts'
import { clientChanging, scopeNotGranted, tenantNotActive, unsupportedGrantType } from '../errors.ts'
import type { PartnerIssuer } from '../issuer.ts'
import type { KnownClient } from '../known-clients.ts'
import type { IsTenantActive } from '../known-tenants.ts'
import { type AuthenticationDeps, authenticateClient } from './authenticate-client.ts'
import type { Presented } from './client-authentication.ts'
import type { RecordIssue } from './record-issue.ts'

export interface IssueDeps extends AuthenticationDeps {
  readonly issuer: PartnerIssuer
  readonly isTenantActive: IsTenantActive
  readonly limits: ClientLimits
  readonly recordIssue: RecordIssue
  /** Takes note that a secret is in use. */
  noteUse(secretId: string): void
}

export interface TokenRequest extends Presented {
  readonly grantType: string
  readonly scope: string | undefined
}

/** How often a client may change while it is given a token. */
const attempts = 3

/**
 * Gives a client an access token for its own credentials (RFC 6749, section 4.4). It is given only once the event that tells
 * of it is committed, and then only if the client is live at that moment: no token outlives a client that is being deleted.
 * @throws invalidClient, unsupportedGrantType, scopeNotGranted, addressNotAllowed, tenantNotActive
 * @throws tooManyRequests beyond the client's limit, or after too many wrong requests
 */
export async function issueToken(
  deps: IssueDeps,
  request: TokenRequest,
  origin: Origin,
): Promise<{ token: PartnerToken; taken: Taken }> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { client, secret } = await authenticateClient(deps, request, origin)
    if (!(await deps.isTenantActive(client.tenantId)))
      return deps.refuse({ reason: 'tenant_not_active', client, error: tenantNotActive() }, origin)
    const scopes = await scopesFor(deps, client, request, origin)
    const taken = await deps.limits.take(client)
    if (!taken.isAdmitted) throw tooManyRequests({ headers: limitHeaders(taken) })

    const { text, id, expiresInSeconds } = deps.issuer.issue({ client, scopes, secretId: secret.id })
    const scope = scopes.join(' ')
    if (await deps.recordIssue({ client, secret, tokenId: id, scope, origin })) {
      deps.noteUse(secret.id)
      const token = { access_token: text, token_type: 'Bearer', expires_in: expiresInSeconds, scope } as const
      return { token, taken }
    }
    deps.knownClients.forget(client)
  }
  throw clientChanging({ headers: { 'retry-after': '1' } })
}

/** What was asked for, or all that the client has. */
async function scopesFor(
  { refuse }: IssueDeps,
  client: KnownClient,
  { grantType, scope = '' }: TokenRequest,
  origin: Origin,
): Promise<readonly Permission[]> {
  if (grantType !== 'client_credentials')
    return refuse({ reason: 'unsupported_grant_type', client, error: unsupportedGrantType() }, origin)
  const asked = new Set<string>(scope.split(' ').filter(Boolean))
  if (asked.size === 0) return client.scopes
  const granted = client.scopes.filter((each) => asked.has(each))
  if (granted.length < asked.size)
    return refuse({ reason: 'scope_not_granted', client, error: scopeNotGranted() }, origin)
  return granted
}
