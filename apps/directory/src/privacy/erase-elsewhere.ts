import { createClient, type TokenSource } from '@gatehouse/client/client'
import { eraseAtAudit, eraseAtAuth } from '@gatehouse/contracts/erasure'
import type { ErasureDeps } from './run-erasures.ts'

interface Others {
  readonly authUrl: string
  readonly auditUrl: string
  /** The service's own tokens for these two, which permit `erasures:write`. */
  readonly token: TokenSource
  readonly auditToken: TokenSource
}

/** Asks the services that hold something of people to erase it. */
export function createEraseElsewhere(others: Others): ErasureDeps['eraseElsewhere'] {
  const { authUrl, auditUrl, token, auditToken } = others
  const auth = createClient({ service: 'auth', baseUrl: authUrl, token })(eraseAtAuth)
  const audit = createClient({ service: 'audit', baseUrl: auditUrl, token: auditToken })(eraseAtAudit)
  return {
    auth: (userId) => auth({ body: { userId }, idempotent: true }),
    audit: (userId) => audit({ body: { userId }, idempotent: true }),
  }
}
