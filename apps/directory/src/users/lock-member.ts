import type { Tx } from '@gatehouse/db/tenant'
import { lockMembers } from '../administrators.ts'
import { userNotFound } from '../errors.ts'
import * as users from './repository.ts'

/**
 * A member of a tenant, while nobody else changes who is in it.
 * @throws userNotFound
 */
export async function lockMember(tx: Tx, tenantId: string, id: string): Promise<users.Member> {
  await lockMembers(tx, tenantId)
  const member = await users.byId(tx, tenantId, id)
  if (!member) throw userNotFound()
  return member
}
