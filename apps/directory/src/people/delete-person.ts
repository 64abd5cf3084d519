import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import { forgetResults } from '@gatehouse/db/idempotency'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { eraseMails } from '@gatehouse/mail/mails'
import { illegalStatus, notOneself } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { isAlone, lockEverywhere, refuseOrphans } from './everywhere.ts'
import * as people from './repository.ts'

/** Does away with a tenant in which nobody is left, for good. */
export type CloseTenant = (tx: Tx, principal: Principal, tenantId: string, origin: Origin) => Promise<void>

/** The tenants that were somebody's alone, and the invites that they had sent or got. */
export interface GoneAlong {
  readonly tenantIds: string[]
  readonly inviteIds: string[]
}

interface Deletion {
  readonly id: string
  readonly closeTenant: CloseTenant
}

/**
 * Deletes a person for good, in the platform's scope: what they are in any tenant, their invites and whatever says who
 * they were. The id stays behind, so that nothing of theirs becomes somebody else's. Their tokens are refused within a
 * second.
 * @returns what is gone along with them
 * @throws userNotFound, notOneself, illegalStatus for who is deleted already
 * @throws lastAdministratorOf the tenants that would have none left
 */
export async function deletePerson(
  tx: Tx,
  principal: Principal,
  { id, closeTenant }: Deletion,
  origin: Origin,
): Promise<GoneAlong> {
  if (id === principal.id || id === principal.ownerId) throw notOneself()
  const { person, memberships } = await lockEverywhere(tx, id)
  if (person.status === 'deleted') throw illegalStatus('deleted', 'deleted')
  const actor = actorOf(principal)

  await people.removeEverywhere(tx, id)
  await refuseOrphans(tx, memberships)
  const inviteIds = await people.removeInvites(tx, person)
  let { version } = person
  for (const { tenantId } of memberships) {
    version += 1
    const data = { userId: id, by: 'administrator' } as const
    await emit(tx, 'membership.removed', { tenantId, actor, aggregate: { id, version }, origin, data })
  }
  const tenantIds = memberships.filter(isAlone).map(({ tenantId }) => tenantId)
  for (const tenantId of tenantIds) await closeTenant(tx, principal, tenantId, origin)

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
  await forgetResults(tx, [...tenantIds, ...inviteIds])
  await eraseMails(tx, { subjectIds: inviteIds, tenantIds })
  return { tenantIds, inviteIds }
}
