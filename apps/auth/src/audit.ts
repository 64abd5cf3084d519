import { askAudit } from '@gatehouse/client/ask-audit'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Issuer } from './issuer.ts'

/** What auth asks of audit, under a token that auth issues to itself. */
export const createAskAudit = (auditUrl: string, issuer: Issuer) =>
  askAudit({
    auditUrl,
    token: async () =>
      issuer.issue({
        kind: 'service',
        subject: 'auth',
        tenantId: platformTenantId,
        clientId: 'auth',
        audience: 'audit',
        permissions: ['audit:reconcile'],
      }),
  })
