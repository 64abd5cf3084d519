import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { networkOf, type Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import { wrongServiceSecret } from '../errors.ts'

interface RefusalDeps {
  readonly db: Database
  readonly throttle: Throttle
}

const quarterHour = { windowSeconds: 900 }
/** What a flood from ever other addresses may write down. */
const recorded = { key: 'service-token:recorded', max: 1_000, windowSeconds: 3_600 }

/**
 * Refuses who asked for the token of a service with a wrong secret, and records it, as long as neither the name nor the
 * address has had too many.
 * @throws wrongServiceSecret
 * @throws tooManyRequests
 */
export async function refuseServiceToken(
  { db, throttle }: RefusalDeps,
  { serviceName, isKnown }: { readonly serviceName: string; readonly isKnown: boolean },
  origin: Origin,
): Promise<never> {
  const address = networkOf(origin.sourceIp)
  await throttle.take([
    { key: `service-token:name:${serviceName}:${address}`, max: 10, ...quarterHour },
    { key: `service-token:address:${address}`, max: 100, ...quarterHour },
  ])
  if ((await throttle.tryTake([recorded])) === undefined) {
    await inPlatform(db, (tx) =>
      emit(tx, 'service_token.refused', {
        tenantId: platformTenantId,
        actor: { type: 'system', id: 'anonymous' },
        aggregate: { id: uuidv7(), version: 1 },
        origin,
        // What is no name of ours might be a secret that went into the wrong field.
        data: { serviceName: isKnown ? serviceName : 'unknown' },
      }),
    )
  }
  throw wrongServiceSecret()
}
