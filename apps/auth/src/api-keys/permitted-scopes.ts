import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Directory } from '../directory.ts'
import { apiKeyOwnerNotActive, apiKeyOwnerNotFound, beyondPermissions } from '../errors.ts'

/** What a key's owner, and who makes it, may do at this moment. */
export interface Ceiling {
  readonly owner: ReadonlySet<Permission>
  readonly creator: ReadonlySet<Permission>
}

/**
 * Asks the directory what a key of this owner may have in the caller's tenant: never more than both hold now, and than
 * the caller's token says, which may be narrower.
 * @throws apiKeyOwnerNotFound for somebody who is no member of the tenant
 * @throws apiKeyOwnerNotActive
 */
export async function ceilingFor(
  directory: Directory,
  { id, tenantId, permissions }: Principal,
  ownerId: string,
  origin: Origin,
): Promise<Ceiling> {
  const resolve = (userId: string) => directory.resolve({ userId, tenantId }, origin)
  const [owner, creator] = await Promise.all([resolve(ownerId), ownerId === id ? undefined : resolve(id)])
  if (!owner) throw apiKeyOwnerNotFound()
  if (owner.user.status !== 'active') throw apiKeyOwnerNotActive()
  const heldByOwner = new Set<Permission>(owner.permissions)
  const heldByCreator = ownerId === id ? heldByOwner : new Set<Permission>(creator?.permissions)
  return { owner: heldByOwner, creator: common(heldByCreator, permissions) }
}

/** What is in both. */
export const common = (one: ReadonlySet<Permission>, other: ReadonlySet<Permission>) =>
  new Set([...one].filter((permission) => other.has(permission)))

/** @throws beyondPermissions naming the scopes that are not among those held */
export function refuseBeyond(held: ReadonlySet<Permission>, scopes: readonly Permission[]) {
  const lacking = scopes.filter((scope) => !held.has(scope))
  if (lacking.length === 0) return
  const detail = `An API key cannot have a scope that its owner or its creator lacks: ${lacking.join(', ')}.`
  throw beyondPermissions({ detail })
}
