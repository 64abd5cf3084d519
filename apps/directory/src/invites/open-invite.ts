import type { Tx } from '@gatehouse/db/tenant'
import { inviteNotFound, inviteNotOpen } from '../errors.ts'
import * as invites from './repository.ts'
import { statusOf } from './state.ts'

/**
 * The invite that a token of this digest opens: neither used, revoked nor expired, of an active tenant, and by somebody who may still
 * invite into that role.
 * @throws inviteNotFound, inviteNotOpen
 */
export async function openInvite(tx: Tx, digest: Buffer): Promise<invites.Found> {
  const found = await invites.byDigest(tx, digest)
  if (!found) throw inviteNotFound()
  const { invite, role, tenant } = found
  const isOpen = statusOf(invite, Date.now()) === 'pending' && tenant.status === 'active' && role.isActive
  if (!isOpen || invite.invitedBy === null) throw inviteNotOpen()
  const held = await invites.permissionsNow(tx, invite.tenantId, invite.invitedBy)
  const isWithin = held.has('invites:write') && role.permissions.every((permission) => held.has(permission))
  if (!isWithin) throw inviteNotOpen()
  return found
}
