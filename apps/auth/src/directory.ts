import { createClient, type TokenSource } from '@gatehouse/client/client'
import {
  type Authority,
  type RegisterPerson,
  registerPerson,
  resolvePrincipals,
  type Sought,
  type VerifyEmail,
  verifyPersonsEmail,
} from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { inBatches } from '@gatehouse/db/batches'
import { directoryRefuses } from './errors.ts'
import type { Issuer } from './issuer.ts'

interface Question {
  readonly who: Sought
  readonly origin: Origin
}

/** What the directory says of somebody. */
export interface Standing extends Authority {
  /**
   * When it was asked, in milliseconds since 1970. Tokens are issued as of then: what was revoked since, while a password was
   * hashed, say, counts against them.
   */
  readonly asOf: number
}

/** What auth asks of the directory, under a token that auth issues to itself. */
export interface Directory {
  /** Safe to repeat. @throws Problem user.email_taken */
  register(person: RegisterPerson, origin: Origin): Promise<Standing>
  /** Who someone is and what they may do now; undefined if there is nobody like that. */
  resolve(who: Sought, origin: Origin): Promise<Standing | undefined>
  /** Safe to repeat. @returns false if the address is not theirs, or not any more */
  verifyEmail(whose: VerifyEmail, origin: Origin): Promise<boolean>
}

export function createDirectory(url: string, issuer: Issuer): Directory {
  const call = createClient({ service: 'directory', baseUrl: url, token: ownToken(issuer) })
  const register = call(registerPerson)
  const resolve = call(resolvePrincipals)
  const verifyEmail = call(verifyPersonsEmail)

  const resolveTogether = inBatches<Question, Standing | undefined>(
    async (questions) => {
      // A question that is asked for several requests is none of theirs alone.
      const origin = questions.length === 1 ? questions[0]?.origin : undefined
      const body = { principals: questions.map(({ who }) => who) }
      const asOf = Date.now()
      const { principals } = await resolve({ body, origin, idempotent: true }).catch(explain)
      return principals.map((authority) => (authority ? { ...authority, asOf } : undefined))
    },
    { max: 100, atOnce: 4 },
  )

  return {
    async register(person, origin) {
      const asOf = Date.now()
      return { ...(await register({ body: person, origin, idempotent: true }).catch(explain)), asOf }
    },
    resolve: (who, origin) => resolveTogether({ who, origin }),
    verifyEmail: (body, origin) =>
      verifyEmail({ body, origin, idempotent: true }).then(
        () => true,
        (error: unknown) => (error instanceof Problem && error.status === 404 ? false : explain(error)),
      ),
  }
}

/** How long a token is used that auth has issued to itself; less than it lives. Milliseconds. */
const usedMs = 60_000

function ownToken(issuer: Issuer): TokenSource {
  let token = ''
  let until = 0
  return async (refused) => {
    if (performance.now() >= until || refused === token) {
      token = issuer.issue({
        kind: 'service',
        subject: 'auth',
        tenantId: platformTenantId,
        clientId: 'auth',
        audience: 'directory',
        permissions: ['registrations:write', 'principals:read', 'principals:write'],
      })
      until = performance.now() + usedMs
    }
    return token
  }
}

/** That the directory refuses auth's own token is no fault of whoever asked auth. */
function explain(error: unknown): never {
  const isRefusal = error instanceof Problem && (error.status === 401 || error.status === 403)
  const refusesUs = isRefusal && error.code.startsWith('auth.')
  throw refusesUs ? directoryRefuses({ cause: error, headers: { 'retry-after': '5' } }) : error
}
