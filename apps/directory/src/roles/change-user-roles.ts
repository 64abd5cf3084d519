import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { hasAdministrator, lockMembers } from '../administrators.ts'
import { refuseBeyond } from '../ceiling.ts'
import { lastAdministrator, unknownRoles, userNotFound } from '../errors.ts'
import { actorOf } from '../reach.ts'
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
export const assignRoles = (db: Database, principal: Principal, wanted: Change, origin: Origin) =>
  inTenant(db, principal.tenantId, (tx) => change(tx, principal, wanted, { event: 'role.assigned', origin }))

/**
 * Takes roles away from a member of the caller's tenant; also here nobody reaches past what they may themselves. It
 * holds within a second.
 * @throws userNotFound, unknownRoles, beyondOwnPermissions, lastAdministrator
 */
export const removeRoles = (db: Database, principal: Principal, wanted: Change, origin: Origin) =>
  inTenant(db, principal.tenantId, (tx) => change(tx, principal, wanted, { event: 'role.removed', origin }))

/**
 * The same in the caller's transaction, whatever its scope: they have these roles afterwards, and no others.
 * @throws userNotFound, unknownRoles, beyondOwnPermissions, lastAdministrator
 */
export async function setRoles(tx: Tx, principal: Principal, { userId, names }: Change, origin: Origin) {
  const held = await roles.ofUser(tx, principal.tenantId, userId)
  const superfluous = held.map(({ name }) => name).filter((name) => !names.includes(name))
  if (names.length > 0) await change(tx, principal, { userId, names }, { event: 'role.assigned', origin })
  if (superfluous.length > 0)
    await change(tx, principal, { userId, names: superfluous }, { event: 'role.removed', origin })
}

interface Why {
  readonly event: 'role.assigned' | 'role.removed'
  readonly origin: Origin
}

async function change(tx: Tx, principal: Principal, { userId, names }: Change, { event, origin }: Why) {
  const { tenantId } = principal
  await lockMembers(tx, tenantId)
  if (!(await roles.isMember(tx, tenantId, userId))) throw userNotFound()
  const named = await roles.byNames(tx, tenantId, names)
  const missing = names.filter((name) => !named.some((role) => role.name === name))
  if (missing.length > 0) throw unknownRoles(missing)

  const ids = named.map(({ id }) => id)
  const write = event === 'role.assigned' ? roles.assign : roles.unassign
  const changed = await write(tx, tenantId, userId, ids)
  const changedRoles = named.filter(({ id }) => changed.has(id))
  refuseBeyond(
    principal,
    (event === 'role.assigned' ? changedRoles : named).flatMap(({ permissions }) => permissions),
  )
  if (changed.size === 0) return
  if (event === 'role.removed' && !(await hasAdministrator(tx, tenantId))) throw lastAdministrator()

  const version = await roles.touchUser(tx, userId)
  await revoke(tx, { tenantId, kind: 'user', id: userId })
  await emit(tx, event, {
    tenantId,
    actor: actorOf(principal),
    aggregate: { id: userId, version },
    origin,
    data: { userId, roles: changedRoles.map(({ name }) => name) },
  })
}
