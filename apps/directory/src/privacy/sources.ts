import type { NarrowToken } from '@gatehouse/client/ask-auth'
import { createClient } from '@gatehouse/client/client'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import {
  type PersonalDataPart,
  readAuditsPersonalData,
  readAuthsPersonalData,
} from '@gatehouse/contracts/personal-data'
import { unauthenticated } from '@gatehouse/contracts/problems'

/** Where a service's part of what is held on a person comes from. */
export interface Source {
  readonly service: ServiceName
  read(cursor?: string): Promise<PersonalDataPart>
}

/**
 * The other services, as sources on whoever's access token it is: each is asked with a token that was exchanged for it,
 * so that it tells the person of themselves and nobody else of anybody.
 * @throws unauthenticated for a token that auth does not take
 * @throws Problem 503 `auth.unavailable`
 */
export type OtherSources = (token: string, origin: Origin) => Promise<readonly Source[]>

interface Others {
  readonly narrow: NarrowToken
  readonly authUrl: string
  readonly auditUrl: string
}

export const createOtherSources =
  ({ narrow, authUrl, auditUrl }: Others): OtherSources =>
  async (token, origin) => {
    const callerAt = async (service: 'auth' | 'audit', baseUrl: string) => {
      const narrowed = await narrow(token, { audience: service, scope: '' }, origin)
      if (!narrowed) throw unauthenticated()
      return createClient({ service, baseUrl, token: async () => narrowed.token, timeoutMs: 10_000 })
    }
    const [auth, audit] = await Promise.all([callerAt('auth', authUrl), callerAt('audit', auditUrl)])
    const readAuth = auth(readAuthsPersonalData)
    const readAudit = audit(readAuditsPersonalData)
    return [
      { service: 'auth', read: (cursor) => readAuth({ querystring: { cursor }, origin }) },
      { service: 'audit', read: (cursor) => readAudit({ querystring: { cursor }, origin }) },
    ]
  }
