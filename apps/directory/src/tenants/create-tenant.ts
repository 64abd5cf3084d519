import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { CreateTenant, Tenant } from '@gatehouse/contracts/tenants'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { slugTaken } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { slugOf } from '../slug.ts'
import * as tenants from './repository.ts'
import { shown, stateOf } from './shown.ts'

/** A tenant as it was made: what it is shown as, and its version. */
export interface CreatedTenant {
  readonly tenant: Tenant
  readonly version: number
}

/**
 * Makes a tenant that nobody belongs to yet; the same for the repetition of a request.
 * @throws slugTaken, idempotencyKeyReused
 */
export function createTenant(
  db: Database,
  principal: Principal,
  input: CreateTenant,
  { request, origin }: { request: RepeatableRequest; origin: Origin },
): Promise<CreatedTenant> {
  return inPlatform(db, (tx) =>
    once(tx, request, async () => {
      const id = uuidv7()
      const tenant = await tenants.insert(tx, { ...input, id, slug: input.slug ?? slugOf(input.name, id) })
      if (!tenant) throw slugTaken()
      const { name, type, country } = tenant
      await emit(tx, 'tenant.created', {
        tenantId: id,
        actor: actorOf(principal),
        aggregate: { id, version: tenant.version },
        origin,
        data: { name, type, country },
        after: stateOf(tenant),
      })
      return { tenant: shown(tenant), version: tenant.version }
    }),
  )
}
