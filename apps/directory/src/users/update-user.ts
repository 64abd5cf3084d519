import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { forbidden } from '@gatehouse/contracts/problems'
import type { UpdateUser } from '@gatehouse/contracts/users'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { refuseBeyond } from '../ceiling.ts'
import { sharedPerson } from '../errors.ts'
import { actorOf } from '../reach.ts'
import { moveTo } from './change-status.ts'
import { lockMember } from './lock-member.ts'
import * as users from './repository.ts'
import type { RequestEmailChange } from './request-email-change.ts'

/** Gives a member of the caller's tenant these roles and no others. */
export type SetRoles = (
  tx: Tx,
  principal: Principal,
  change: { userId: string; names: readonly string[] },
  origin: Origin,
) => Promise<void>

export interface UpdateDeps {
  readonly db: Database
  readonly setRoles: SetRoles
  readonly requestEmailChange: RequestEmailChange
}

interface Change {
  readonly id: string
  readonly changes: UpdateUser
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Changes a member of the caller's tenant: all of it or nothing. A new address is asked first.
 * @throws userNotFound, preconditionFailed, forbidden without `roles:assign`, sharedPerson
 * @throws beyondOwnPermissions for the address of somebody who may do more than the caller
 * @throws what changing their status or their roles is refused for
 */
export function updateUser(
  { db, setRoles, requestEmailChange }: UpdateDeps,
  principal: Principal,
  { id, changes: { roles, status, email, ...names }, checkVersion }: Change,
  origin: Origin,
): Promise<users.Member> {
  const { tenantId } = principal
  if (roles && !principal.permissions.has('roles:assign')) throw forbidden()
  // In the platform's scope, since who somebody is concerns all of their tenants; every statement says which one.
  return inPlatform(db, async (tx) => {
    const before = await lockMember(tx, tenantId, id)
    checkVersion(before.user.version)
    const isPersonal = names.firstName !== undefined || names.lastName !== undefined || email !== undefined
    if (isPersonal && (await users.countTenants(tx, id)) > 1) throw sharedPerson()

    await rename(tx, principal, { before, names }, origin)
    // Who has the address can set a new password, and then may do all that the person may.
    if (email !== undefined) refuseBeyond(principal, await users.permissionsByRole(tx, tenantId, id))
    if (email !== undefined && email !== before.user.email)
      await requestEmailChange(tx, principal, { member: before, email }, origin)
    if (status !== undefined) await moveTo(tx, principal, { member: before, to: status }, origin)
    if (roles) await setRoles(tx, principal, { userId: id, names: roles }, origin)
    return lockMember(tx, tenantId, id)
  })
}

interface Renaming {
  readonly before: users.Member
  readonly names: { readonly firstName?: string | undefined; readonly lastName?: string | undefined }
}

async function rename(tx: Tx, principal: Principal, { before, names }: Renaming, origin: Origin) {
  const { id, firstName, lastName } = before.user
  const after = { firstName: names.firstName ?? firstName, lastName: names.lastName ?? lastName }
  if (after.firstName === firstName && after.lastName === lastName) return
  const version = await users.rename(tx, id, after)
  await emit(tx, 'user.updated', {
    tenantId: principal.tenantId,
    actor: actorOf(principal),
    aggregate: { id, version },
    origin,
    data: { userId: id },
    before: { firstName, lastName },
    after,
  })
}
