import { createHash } from 'node:crypto'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { ServiceToken, ServiceTokenRequest } from '@gatehouse/contracts/service-token'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { wrongServiceSecret } from '../errors.ts'
import { accessTokenSeconds, type Issuer } from '../issuer.ts'
import * as accounts from './repository.ts'

/** What is stored of a service's secret, which is random and long enough to need no slow hash. */
export const secretDigest = (secret: string) => createHash('sha256').update(secret).digest()

/**
 * Gives a service a token for one other service (`audience`), with all that its account permits.
 * @throws wrongServiceSecret the same for a service that doesn't exist
 */
export async function issueServiceToken(
  { db, issuer }: { db: Database; issuer: Issuer },
  { serviceName, serviceSecret, audience }: ServiceTokenRequest,
  origin: Origin,
): Promise<ServiceToken> {
  return inPlatform(db, async (tx) => {
    const account = await accounts.bySecret(tx, serviceName, secretDigest(serviceSecret))
    if (!account) throw wrongServiceSecret()
    await emit(tx, 'service_token.issued', {
      tenantId: platformTenantId,
      actor: { type: 'service', id: account.name },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { audience },
    })
    const accessToken = issuer.issue({
      kind: 'service',
      subject: account.name,
      tenantId: platformTenantId,
      clientId: account.name,
      audience,
      permissions: account.permissions,
    })
    return { accessToken, tokenType: 'Bearer', expiresIn: accessTokenSeconds }
  })
}
