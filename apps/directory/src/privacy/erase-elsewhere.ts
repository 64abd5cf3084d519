import { createClient, type TokenSource } from '@gatehouse/client/client'
import { eraseAtAudit, eraseAtAuth, eraseAtPartnerGateway } from '@gatehouse/contracts/erasure'
import type { ErasureDeps, Whom } from './run-erasures.ts'

type Other = keyof ErasureDeps['eraseElsewhere']

/** Where each of the other services is, and the service's own token for it, which permits `erasures:write`. */
type Others = Readonly<Record<Other, { readonly baseUrl: string; readonly token: TokenSource }>>

/** Asks the services that hold something of people to erase it. */
export function createEraseElsewhere(others: Others): ErasureDeps['eraseElsewhere'] {
  const at = (service: Other) => createClient({ service, ...others[service], timeoutMs: 5_000 })
  const auth = at('auth')(eraseAtAuth)
  const gateway = at('partner-gateway')(eraseAtPartnerGateway)
  const audit = at('audit')(eraseAtAudit)
  const asked = ({ userId, tenantIds }: Whom) => ({ body: { userId, tenantIds }, idempotent: true as const })
  return {
    auth: (whom) => auth(asked(whom)),
    'partner-gateway': (whom) => gateway(asked(whom)),
    async audit({ userId, tenantIds, inviteIds }) {
      const along = [...tenantIds, ...inviteIds]
      // Whom an invite was for is known to the log by the invite alone.
      for (let at = 0; at < along.length; at += subjectsAtOnce)
        await audit({ body: { userId, subjectIds: along.slice(at, at + subjectsAtOnce) }, idempotent: true })
      return audit({ body: { userId, subjectIds: [] }, idempotent: true })
    },
  }
}

/** As the contract has it. */
const subjectsAtOnce = 500
