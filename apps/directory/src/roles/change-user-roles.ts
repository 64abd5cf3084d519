import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { hasAdministrator, lockMembers } from '../administrators.ts'
import { lastAdministrator, unknownRoles, userNotFound } from '../errors.ts'
import { refuseBeyond } from './ceiling.ts'
import * as roles from './repository.ts'

interface Change {
  readonly userId: string
  /** Names, in lower case; those that change nothing are no fault. */
  readonly names: readonly string[]
}

/**
 * Gives a member of the caller's tenant roles: no more than the caller may themselves. It holds within a second.
 * @throws userNotFound, unknownRoles, beyondOwnPermissions
 */
export const assignRoles = (db: Database, principal: Principal, change: Change, origin: Origin) =>
  changeRoles(db, principal, change, origin, 'role.assigned')

/**
 * Takes roles away from a member of the caller's tenant; also here nobody reaches past what they may themselves. It
 * holds within a second.
 * @throws userNotFound, unknownRoles, beyondOwnPermissions, lastAdministrator
 */
export const removeRoles = (db: Database, principal: Principal, change: Change, origin: Origin) =>
  changeRoles(db, principal, change, origin, 'role.removed')

function changeRoles(
  db: Database,
  principal: Principal,
  { userId, names }: Change,
  origin: Origin,
  event: 'role.assigned' | 'role.removed',
): Promise<void> {
  const { tenantId } = principal
  return inTenant(db, tenantId, async (tx) => {
    await lockMembers(tx, tenantId)
    if (!(await roles.isMember(tx, tenantId, userId))) throw userNotFound()
    const named = await roles.byNames(tx, tenantId, names)
    const missing = names.filter((name) => !named.some((role) => role.name === name))
    if (missing.length > 0) throw unknownRoles(missing)
    refuseBeyond(
      principal,
      named.flatMap(({ permissions }) => permissions),
    )

    const change = event === 'role.assigned' ? roles.assign : roles.unassign
    const ids = named.map(({ id }) => id)
    const changed = await change(tx, tenantId, userId, ids)
    if (changed.size === 0) return
    if (event === 'role.removed' && !(await hasAdministrator(tx, tenantId))) throw lastAdministrator()

    const version = await roles.touchUser(tx, userId)
    await revoke(tx, { tenantId, kind: 'user', id: userId })
    await emit(tx, event, {
      tenantId,
      actor: { type: principal.kind, id: principal.id },
      aggregate: { id: userId, version },
      origin,
      data: { userId, roles: named.filter(({ id }) => changed.has(id)).map(({ name }) => name) },
    })
  })
}
