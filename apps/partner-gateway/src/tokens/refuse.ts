import type { Origin } from '@gatehouse/contracts/origin'
import type { PartnerTokenRefusal } from '@gatehouse/contracts/partner-gateway-events'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Problem } from '@gatehouse/contracts/problem'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { networkOf, type Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { KnownClient } from '../known-clients.ts'

interface Refusal {
  readonly reason: PartnerTokenRefusal
  /** Whose token was asked for, where there is such a client. */
  readonly client: KnownClient | undefined
  readonly error: Problem
}

/**
 * Refuses a request for a token and records it, as long as neither the client nor its tenant nor the address has had too
 * many. A right secret always gets in: only what is refused is counted, so that nobody can lock a client out.
 * @throws the error
 * @throws tooManyRequests
 */
export type Refuse = (refusal: Refusal, origin: Origin) => Promise<never>

const quarterHour = { windowSeconds: 900 }
/** What a flood from ever other addresses may write down. */
const recorded = { key: 'partner-token:recorded', max: 1_000, windowSeconds: 3_600 }

/** What every replica counts in a quarter of an hour: of a client from one address, of an address, of a tenant. */
const limitsOf = (client: KnownClient | undefined, address: string) => [
  {
    key: `partner-token:client:${client?.id ?? 'unknown'}:${address}`,
    max: client ? 10 : 100,
    ...quarterHour,
  },
  { key: `partner-token:address:${address}`, max: 100, ...quarterHour },
  { key: `partner-token:tenant:${client?.tenantId ?? address}`, max: 1_000, ...quarterHour },
]

export function createRefuse({ db, throttle }: { db: Database; throttle: Throttle }): Refuse {
  return async ({ reason, client, error }, origin) => {
    await throttle.take(limitsOf(client, networkOf(origin.sourceIp)))
    if ((await throttle.tryTake([recorded])) === undefined) {
      const isProven = reason !== 'wrong_secret' && reason !== 'unknown_client'
      await inPlatform(db, (tx) =>
        emit(tx, 'partner_token.refused', {
          tenantId: client?.tenantId ?? platformTenantId,
          actor:
            client && isProven
              ? { type: 'partner_client', id: client.id }
              : { type: 'system', id: 'anonymous' },
          aggregate: { id: uuidv7(), version: 1 },
          origin,
          // What is no identifier of ours might be a secret that went into the wrong field.
          data: { clientId: client?.id ?? null, reason },
        }),
      )
    }
    throw error
  }
}
