import { createClient } from '@gatehouse/client/client'
import {
  type Authority,
  type RegisterPerson,
  registerPerson,
  resolvePrincipal,
} from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { directoryRefuses } from './errors.ts'
import type { Issuer } from './issuer.ts'

/** Whom to ask for: by e-mail, or by id and, where it matters, in which tenant. */
type Who = { email: string } | { userId: string; tenantId?: string }

/** What auth asks of the directory, under a token that auth issues to itself. */
export interface Directory {
  /** Safe to repeat. @throws Problem user.email_taken */
  register(person: RegisterPerson, origin: Origin): Promise<Authority>
  /** Who someone is and what they may do now; undefined if there is nobody like that. */
  resolve(who: Who, origin: Origin): Promise<Authority | undefined>
}

export function createDirectory(url: string, issuer: Issuer): Directory {
  const token = async () =>
    issuer.issue({
      kind: 'service',
      subject: 'auth',
      tenantId: platformTenantId,
      clientId: 'auth',
      audience: 'directory',
      permissions: ['registrations:write', 'principals:read'],
    })
  const call = createClient({ service: 'directory', baseUrl: url, token })
  const register = call(registerPerson)
  const resolve = call(resolvePrincipal)

  return {
    register: (person, origin) => register({ body: person, origin, idempotent: true }).catch(explain),
    resolve: (who, origin) =>
      resolve({ body: who, origin, idempotent: true }).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) return undefined
        return explain(error)
      }),
  }
}

/** That the directory refuses auth's own token is no fault of whoever asked auth. */
function explain(error: unknown): never {
  const refusesUs = error instanceof Problem && (error.status === 401 || error.status === 403)
  throw refusesUs ? directoryRefuses({ cause: error, headers: { 'retry-after': '5' } }) : error
}
