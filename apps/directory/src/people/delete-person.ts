import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { illegalStatus, notOneself } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { isAlone, lockEverywhere, refuseOrphans } from './everywhere.ts'
import * as people from './repository.ts'

/** Deletes a tenant in which nobody is left; it can be restored for a time. */
export type CloseTenant = (tx: Tx, principal: Principal, tenantId: string, origin: Origin) => Promise<void>

interface Deletion {
  readonly id: string
  readonly closeTenant: CloseTenant
}

/**
 * Deletes a person for good, in the platform's scope: what they are in any tenant, their invites and whatever says who
 * they were. The id stays behind, so that nothing of theirs becomes somebody else's. Their tokens are refused within a
 * second.
 * @throws userNotFound, notOneself, illegalStatus for who is deleted already
 * @throws lastAdministratorOf the tenants that would have none left
 */
export async function deletePerson(
  tx: Tx,
  principal: Principal,
  { id, closeTenant }: Deletion,
  origin: Origin,
): Promise<void> {
  if (id === principal.id || id === principal.ownerId) throw notOneself()
  const { person, memberships } = await lockEverywhere(tx, id)
  if (person.status === 'deleted') throw illegalStatus('deleted', 'deleted')
  const actor = actorOf(principal)

  await people.removeEverywhere(tx, id)
  await refuseOrphans(tx, memberships)
  await people.removeInvites(tx, person)
  let { version } = person
  for (const { tenantId } of memberships) {
    version += 1
    const data = { userId: id, by: 'administrator' } as const
    await emit(tx, 'membership.removed', { tenantId, actor, aggregate: { id, version }, origin, data })
  }
  for (const { tenantId } of memberships.filter(isAlone)) await closeTenant(tx, principal, tenantId, origin)

  version += 1
  await people.bury(tx, id, version)
  await revoke(tx, { tenantId: platformTenantId, kind: 'user', id })
  await emit(tx, 'user.deleted', {
    tenantId: platformTenantId,
    actor,
    aggregate: { id, version },
    origin,
    data: { userId: id },
  })
}
