import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { CreateTenant } from '@gatehouse/contracts/tenants'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { slugTaken } from '../errors.ts'
import { slugOf } from '../slug.ts'
import * as tenants from './repository.ts'
import { stateOf } from './shown.ts'

/**
 * Makes a tenant that nobody belongs to yet.
 * @throws slugTaken
 */
export function createTenant(
  db: Database,
  principal: Principal,
  input: CreateTenant,
  origin: Origin,
): Promise<tenants.Tenant> {
  return inPlatform(db, async (tx) => {
    const id = uuidv7()
    const tenant = await tenants.insert(tx, { ...input, id, slug: input.slug ?? slugOf(input.name, id) })
    if (!tenant) throw slugTaken()
    const { name, type, country } = tenant
    await emit(tx, 'tenant.created', {
      tenantId: id,
      actor: { type: principal.kind, id: principal.id },
      aggregate: { id, version: tenant.version },
      origin,
      data: { name, type, country },
      after: stateOf(tenant),
    })
    return tenant
  })
}
