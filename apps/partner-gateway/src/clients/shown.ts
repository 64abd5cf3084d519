import type { PartnerClientSecret } from '@gatehouse/contracts/partner-client-secrets'
import type { PartnerClient } from '@gatehouse/contracts/partner-clients'
import type { Client } from './repository.ts'
import type { Secret } from './secrets-repository.ts'

/** A client as the API shows it. */
export const shown = ({ version: _, updatedAt: _at, ...client }: Client): PartnerClient => ({
  ...client,
  status: client.revokedAt ? 'revoked' : 'active',
  createdAt: client.createdAt.toISOString(),
  lastUsedAt: client.lastUsedAt?.toISOString() ?? null,
  revokedAt: client.revokedAt?.toISOString() ?? null,
})

/** A secret as the API shows it, ever after the first time. */
export const shownSecret = ({ id, lastFour, ...secret }: Secret): PartnerClientSecret => ({
  id,
  lastFour,
  createdAt: secret.createdAt.toISOString(),
  lastUsedAt: secret.lastUsedAt?.toISOString() ?? null,
  expiresAt: secret.expiresAt?.toISOString() ?? null,
})

/** What the audit log shows of a client. */
export const stateOf = ({ name, clientId, scopes, rateLimitPerMinute, allowedIps, revokedAt }: Client) => ({
  name,
  clientId,
  scopes,
  rateLimitPerMinute,
  allowedIps,
  status: revokedAt ? 'revoked' : 'active',
})
