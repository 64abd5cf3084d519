import type { Origin } from '@gatehouse/contracts/origin'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { lockMembers } from '../administrators.ts'
import { alreadyMember, inviteForAnother, inviteNotFound, inviteNotOpen } from '../errors.ts'
import { join } from '../joining.ts'
import { openInvite } from './open-invite.ts'
import * as invites from './repository.ts'

export interface Acceptance {
  /** Of the invite's token (`digestOf`). */
  readonly digest: Buffer
  readonly userId: string
}

/**
 * Makes a person a member of the tenant that invited their address, in the role that the invite names. Of any number at
 * once one does. The transaction has to be in the platform's scope, since the person does not belong to the tenant yet.
 * @throws inviteNotFound, inviteNotOpen, inviteForAnother, alreadyMember, tenantFull
 */
export async function acceptInvite(
  tx: Tx,
  { digest, userId }: Acceptance,
  origin: Origin,
): Promise<invites.Found> {
  const seen = await invites.byDigest(tx, digest)
  if (!seen) throw inviteNotFound()
  await lockMembers(tx, seen.invite.tenantId)
  const found = await openInvite(tx, digest)
  const { id, tenantId, roleId, email } = found.invite
  if ((await invites.emailOf(tx, userId)) !== email) throw inviteForAnother()
  const version = await invites.updateOpen(tx, id, { acceptedAt: new Date(), acceptedBy: userId })
  if (version === undefined) throw inviteNotOpen()
  if (!(await join(tx, { tenantId, userId, roleId }))) throw alreadyMember()
  await emit(tx, 'invite.accepted', {
    tenantId,
    actor: { type: 'user', id: userId },
    aggregate: { id, version },
    origin,
    data: { userId, role: found.role.name },
  })
  return found
}
