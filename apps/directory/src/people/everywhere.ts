import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { hasAdministrator, lockMembers } from '../administrators.ts'
import { lastAdministratorOf, userNotFound } from '../errors.ts'
import * as people from './repository.ts'

type Held = Awaited<ReturnType<typeof people.membershipsOf>>[number]

/**
 * A person and where they belong, while nobody changes who is in any of these tenants; in the platform's scope.
 * @throws userNotFound
 */
export async function lockEverywhere(tx: Tx, id: string) {
  // Tenants come before people, as wherever both are locked; but for those that they have joined meanwhile.
  const known = await people.membershipsOf(tx, id)
  for (const { tenantId } of known) await lockMembers(tx, tenantId)
  const person = await people.lockToDelete(tx, id)
  if (!person) throw userNotFound()
  const memberships = await people.membershipsOf(tx, id)
  for (const { tenantId } of memberships) await lockMembers(tx, tenantId)
  return { person, memberships }
}

/** Whether a tenant had nobody but the person, so that nobody is left without an administrator. */
export const isAlone = ({ tenantId, members }: Held) => members === 1 && tenantId !== platformTenantId

/**
 * Sees to it that the tenants of a person who is gone from them, or suspended, still have an administrator.
 * @throws lastAdministratorOf those that have not
 */
export async function refuseOrphans(tx: Tx, memberships: readonly Held[]): Promise<void> {
  const orphans: string[] = []
  for (const held of memberships.filter(({ tenantStatus }) => tenantStatus !== 'deleted')) {
    if (!isAlone(held) && !(await hasAdministrator(tx, held.tenantId))) orphans.push(held.tenantName)
  }
  if (orphans.length > 0) throw lastAdministratorOf(orphans)
}
