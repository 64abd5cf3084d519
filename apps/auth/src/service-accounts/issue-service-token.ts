import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { ServiceToken, ServiceTokenRequest } from '@gatehouse/contracts/service-token'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { accessTokenSeconds } from '@gatehouse/keys/token-signer'
import type { Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Issuer } from '../issuer.ts'
import { refuseServiceToken } from './refuse-service-token.ts'
import * as accounts from './repository.ts'
import { matching } from './secret.ts'

export interface ServiceTokenDeps {
  readonly db: Database
  readonly issuer: Issuer
  readonly throttle: Throttle
}

/**
 * Gives a service a token for one other service (`audience`), with all that its account permits. A right secret always
 * gets in: only wrong ones are counted, so that nobody can lock a service out.
 * @throws wrongServiceSecret the same for a service that doesn't exist
 * @throws tooManyRequests
 */
export async function issueServiceToken(
  deps: ServiceTokenDeps,
  { serviceName, serviceSecret, audience }: ServiceTokenRequest,
  origin: Origin,
): Promise<ServiceToken> {
  const { isKnown, permissions } = await inPlatform(deps.db, async (tx) => {
    const account = await accounts.byName(tx, serviceName)
    const digest = matching(account?.digests ?? [], serviceSecret)
    if (!account || !digest) return { isKnown: account !== undefined }
    const issued = emit(tx, 'service_token.issued', {
      tenantId: platformTenantId,
      actor: { type: 'service', id: serviceName },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { audience },
    })
    await Promise.all([issued, accounts.touchSecret(tx, digest)])
    return { isKnown: true, permissions: account.permissions }
  })
  if (!permissions) return refuseServiceToken(deps, { serviceName, isKnown }, origin)

  const accessToken = deps.issuer.issue({
    kind: 'service',
    subject: serviceName,
    tenantId: platformTenantId,
    clientId: serviceName,
    audience,
    permissions,
  })
  return { accessToken, tokenType: 'Bearer', expiresIn: accessTokenSeconds }
}
