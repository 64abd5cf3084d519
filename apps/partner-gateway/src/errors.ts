import type { Permission } from '@gatehouse/contracts/permissions'
import { type Problem, problem } from '@gatehouse/contracts/problem'
import { invalidRequest } from '@gatehouse/contracts/problems'

const beyond = problem(
  'client.beyond_own_permissions',
  403,
  'A client cannot have a scope that whoever gives it lacks.',
)

/** Names the scopes that the caller lacks. */
export const beyondOwnPermissions = (lacking: readonly Permission[]) =>
  beyond({ detail: `A client cannot have a scope that whoever gives it lacks: ${lacking.join(', ')}.` })

export const tenantNotFound = problem('tenant.not_found', 404, 'There is no such tenant.')

export const clientNotFound = problem('client.not_found', 404, 'There is no such client.')

export const clientRevoked = problem('client.revoked', 409, 'The client was revoked, which is for good.')

export const secretNotFound = problem('client.secret_not_found', 404, 'The client has no such secret.')

export const tooManySecrets = problem(
  'client.too_many_secrets',
  409,
  'The client has two secrets. Remove one before it gets another.',
)

export const lastSecret = problem(
  'client.last_secret',
  409,
  'It is the only secret of the client. Revoke the client, or give it another one first.',
)

export const expiryPassed = () =>
  invalidRequest({ errors: [{ path: 'body.expiresAt', message: 'Must be in the future' }] })

export const signingKeyMissing = problem(
  'partner.signing_key_missing',
  503,
  'The key that tokens are signed with is not loaded yet. Try again in a moment.',
)

export const directoryUnavailable = problem(
  'directory.unavailable',
  503,
  'Whether the tenant is active cannot be found out at the moment.',
)

const wrongCredentials = problem(
  'oauth.invalid_client',
  401,
  'There is no such client, or that is not its secret.',
)

/** The same for a client that doesn't exist. With a challenge, as every 401 (RFC 9110, section 11.6.1). */
export const invalidClient = (options: { cause?: unknown } = {}): Problem =>
  wrongCredentials({
    ...options,
    headers: { 'www-authenticate': 'Basic realm="gatehouse", charset="UTF-8"' },
  })

export const severalCredentials = problem(
  'oauth.invalid_request',
  400,
  'A client proves itself in one way at a time, as one client.',
)

export const parametersInUrl = problem(
  'oauth.invalid_request',
  400,
  'Parameters belong into the body, not into the URL.',
)

export const unsupportedGrantType = problem(
  'oauth.unsupported_grant_type',
  400,
  'The grant_type must be client_credentials.',
)

export const scopeNotGranted = problem(
  'oauth.invalid_scope',
  400,
  'The client has not been given all of this scope.',
)

export const addressNotAllowed = problem(
  'oauth.unauthorized_client',
  400,
  'The client may not call from this address.',
)

export const tenantNotActive = problem(
  'oauth.unauthorized_client',
  400,
  'The tenant of the client is not active.',
)

export const tokenOfAnother = problem(
  'oauth.unauthorized_client',
  400,
  'The token is not one of this client.',
)

export const clientChanging = problem(
  'oauth.client_changing',
  503,
  'The client was changed again and again meanwhile. Try again in a moment.',
)

export const noSuchClient = problem('client.not_found', 404, 'There is no such client.')

export const addressRefused = problem(
  'client.address_refused',
  403,
  'The client may not call from this address.',
)

export const brokenBody = problem(
  'partner_api.broken_body',
  400,
  'The body of the request broke off before its end.',
)

export const brokenAnswer = problem(
  'partner_api.broken_answer',
  502,
  'A service behind could not be reached, or broke off before it had answered.',
)
export const lateAnswer = problem('partner_api.late_answer', 504, 'A service behind took too long to answer.')
export const upstreamResting = problem(
  'partner_api.unavailable',
  503,
  'A service behind has not answered for a while, and is not asked for the moment.',
)
