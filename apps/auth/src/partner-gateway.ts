import { createClient } from '@gatehouse/client/client'
import { examinePartnerToken } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Issuer } from './issuer.ts'

/** What a partner's token says of what it stands on. */
interface PartnerToken {
  readonly clientId: string
  readonly tenantId: string
  readonly sessionId: string
}

/**
 * Asks the partner gateway, which alone keeps partners' clients, whether what a token stands on is there at this moment.
 * @throws Problem 503 where it can't be asked
 */
export type ExaminePartner = (token: PartnerToken, origin: Origin) => Promise<boolean>

/** Under a token that auth issues to itself. */
export function createExaminePartner(url: string, issuer: Issuer): ExaminePartner {
  const token = async () =>
    issuer.issue({
      kind: 'service',
      subject: 'auth',
      tenantId: platformTenantId,
      clientId: 'auth',
      audience: 'partner-gateway',
      permissions: ['tokens:introspect'],
    })
  const examine = createClient({ service: 'partner-gateway', baseUrl: url, token })(examinePartnerToken)
  return async (body, origin) => (await examine({ body, origin, idempotent: true })).active
}
