import { permissions as catalogue, type Permission } from '@gatehouse/contracts/permissions'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import { beyondOwnPermissions } from './errors.ts'

/**
 * Nobody gives what they do not hold; and what only the platform's administrators can hold, nobody gives in another
 * tenant than the platform's own.
 * @throws beyondOwnPermissions that names what the caller lacks
 */
export function refuseBeyond({ tenantId, permissions }: Principal, given: readonly string[]): void {
  const givable = [...permissions].filter((name) => tenantId === platformTenantId || isOfTenants(name))
  const held: ReadonlySet<string> = new Set(givable)
  const lacking = [...new Set(given)].filter((permission) => !held.has(permission))
  if (lacking.length > 0) throw beyondOwnPermissions(lacking)
}

const isOfTenants = (name: Permission) => catalogue[name].grantable === 'tenant'
