import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { illegalStatus, notOneself } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { lockEverywhere, refuseOrphans } from './everywhere.ts'
import * as people from './repository.ts'

/** What can happen to somebody on the whole platform. */
const moves = {
  suspend: { from: 'active', to: 'suspended', event: 'user.suspended' },
  reinstate: { from: 'suspended', to: 'active', event: 'user.reinstated' },
} as const

interface Suspension {
  readonly id: string
  readonly move: keyof typeof moves
}

/**
 * Suspends a person on the whole platform, or lets them in again: whatever they hold is refused within a second, in every
 * tenant, and no new token is made while they are out. What they are in their tenants stays, suspensions there included,
 * and each of these is told.
 * @throws userNotFound, notOneself; illegalStatus for who is pending or deleted
 * @throws lastAdministratorOf the tenants that would have none left
 */
export function suspendPerson(
  db: Database,
  principal: Principal,
  { id, move }: Suspension,
  origin: Origin,
): Promise<void> {
  if (id === principal.id || id === principal.ownerId) throw notOneself()
  const { from, to, event } = moves[move]
  return inPlatform(db, async (tx) => {
    const { person, memberships } = await lockEverywhere(tx, id)
    if (person.status === to) return
    if (person.status !== from) throw illegalStatus(person.status, to)

    const told = [...new Set([...memberships.map(({ tenantId }) => tenantId), platformTenantId])]
    await people.setStatus(tx, { id, status: to, version: person.version + told.length })
    if (to === 'suspended') await refuseOrphans(tx, memberships)
    await revoke(tx, { tenantId: platformTenantId, kind: 'user', id })
    for (const [index, tenantId] of told.entries())
      await emit(tx, event, {
        tenantId,
        actor: actorOf(principal),
        aggregate: { id, version: person.version + 1 + index },
        origin,
        data: { userId: id },
        before: { status: from },
        after: { status: to },
      })
  })
}
