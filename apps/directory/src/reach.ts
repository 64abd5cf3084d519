import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import { tenantNotFound } from './errors.ts'

/**
 * Which tenant a request may be about: the caller's own, or any for who may reach past it. Another one looks like one
 * that isn't there.
 * @throws tenantNotFound
 */
export function within(
  { tenantId, permissions }: Principal,
  id: string,
  past: Extract<Permission, `platform:${string}`>,
): string {
  if (id !== tenantId && !permissions.has(past)) throw tenantNotFound()
  return id
}
