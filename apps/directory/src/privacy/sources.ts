import type { NarrowToken } from '@gatehouse/client/ask-auth'
import { createClient } from '@gatehouse/client/client'
import type { ServiceName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import {
  type PersonalDataPart,
  readAuditsPersonalData,
  readAuthsPersonalData,
  readPartnerGatewaysPersonalData,
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

type Other = Exclude<ServiceName, 'directory'>

/** @param urls where each of them is */
export const createOtherSources =
  (narrow: NarrowToken, urls: Readonly<Record<Other, string>>): OtherSources =>
  async (token, origin) => {
    const callerAt = async (service: Other) => {
      const narrowed = await narrow(token, { audience: service, scope: '' }, origin)
      if (!narrowed) throw unauthenticated()
      const bearer = async () => narrowed.token
      return createClient({ service, baseUrl: urls[service], token: bearer, timeoutMs: 10_000 })
    }
    const [auth, audit, gateway] = await Promise.all([
      callerAt('auth'),
      callerAt('audit'),
      callerAt('partner-gateway'),
    ])
    const readAuth = auth(readAuthsPersonalData)
    const readAudit = audit(readAuditsPersonalData)
    const readGateway = gateway(readPartnerGatewaysPersonalData)
    return [
      { service: 'auth', read: (cursor) => readAuth({ querystring: { cursor }, origin }) },
      { service: 'audit', read: (cursor) => readAudit({ querystring: { cursor }, origin }) },
      { service: 'partner-gateway', read: (cursor) => readGateway({ querystring: { cursor }, origin }) },
    ]
  }
