import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { UpdateProfile } from '@gatehouse/contracts/users'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { userNotFound } from '../errors.ts'
import { authorityOf } from './authority.ts'
import * as people from './repository.ts'

interface Change {
  readonly changes: UpdateProfile
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Changes the caller's own name, as all of their tenants see it.
 * @returns what they are now, and their new version
 * @throws userNotFound, preconditionFailed
 */
export function updateProfile(
  db: Database,
  { tenantId, id }: Principal,
  { changes, checkVersion }: Change,
  origin: Origin,
): Promise<{ authority: Authority; version: number }> {
  return inPlatform(db, async (tx) => {
    const before = await people.lockUser(tx, id)
    if (!before) throw userNotFound()
    checkVersion(before.version)
    const { firstName = before.firstName, lastName = before.lastName } = changes
    const version = before.version + 1
    await people.rename(tx, id, { firstName, lastName, version })
    const person = await people.personById(tx, id)
    const authority = person && authorityOf(person, tenantId)
    if (!authority) throw userNotFound()
    await emit(tx, 'user.updated', {
      tenantId,
      actor: { type: 'user', id },
      aggregate: { id, version },
      origin,
      data: { userId: id },
      before: { firstName: before.firstName, lastName: before.lastName },
      after: { firstName, lastName },
    })
    return { authority, version }
  })
}
