import type { Principal } from '@gatehouse/contracts/principal'
import { beyondOwnPermissions } from './errors.ts'

/**
 * Nobody gives what they do not hold.
 * @throws beyondOwnPermissions that names what the caller lacks
 */
export function refuseBeyond({ permissions }: Principal, given: readonly string[]): void {
  const held: ReadonlySet<string> = permissions
  const lacking = [...new Set(given)].filter((permission) => !held.has(permission))
  if (lacking.length > 0) throw beyondOwnPermissions(lacking)
}
