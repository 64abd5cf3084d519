import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { UpdateTenant } from '@gatehouse/contracts/tenants'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { onlyThePlatform, slugTaken, tenantNotFound } from '../errors.ts'
import { actorOf, within } from '../reach.ts'
import * as tenants from './repository.ts'
import { stateOf } from './shown.ts'

interface Change {
  readonly id: string
  readonly changes: UpdateTenant
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

const onlyPlatforms = ['type', 'slug'] as const

/**
 * Changes a tenant: its administrators their own, but for what only the platform decides.
 * @throws tenantNotFound, onlyThePlatform, slugTaken, preconditionFailed
 */
export async function updateTenant(
  db: Database,
  principal: Principal,
  { id, changes, checkVersion }: Change,
  origin: Origin,
): Promise<tenants.Tenant> {
  within(principal, id, 'platform:write')
  const reserved = onlyPlatforms.filter((field) => changes[field] !== undefined)
  const isPlatforms = principal.permissions.has('platform:write')
  if (reserved.length > 0 && !isPlatforms) throw onlyThePlatform(reserved)

  const change = async (tx: Tx) => {
    const before = await tenants.lock(tx, id)
    if (!before) throw tenantNotFound()
    checkVersion(before.version)
    const { slug } = changes
    if (slug !== undefined && slug !== before.slug && !(await tenants.isSlugFree(tx, slug))) throw slugTaken()
    const after = await tenants.update(tx, id, changes)
    await emit(tx, 'tenant.updated', {
      tenantId: id,
      actor: actorOf(principal),
      aggregate: { id, version: after.version },
      origin,
      data: { name: after.name },
      before: stateOf(before),
      after: stateOf(after),
    })
    return after
  }
  return isPlatforms ? inPlatform(db, change) : inTenant(db, id, change)
}
