import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { refuseBeyond } from '../ceiling.ts'
import { inviteNotFound, inviteNotOpen } from '../errors.ts'
import { acting, actorOf } from '../reach.ts'
import { type InviteDeps, inviteLifeMs } from './create-invite.ts'
import * as invites from './repository.ts'
import { digestOf, newInviteToken } from './token.ts'

interface Which {
  readonly tenantId: string
  readonly inviteId: string
}

/**
 * Makes an invite void. One that is over already stays as it is.
 * @throws tenantNotFound, inviteNotFound
 */
export function revokeInvite(db: Database, caller: Principal, which: Which, origin: Origin): Promise<void> {
  const principal = acting(caller, which.tenantId)
  const { tenantId } = principal
  return inTenant(db, tenantId, async (tx) => {
    const found = await find(tx, which)
    const version = await invites.updateOpen(tx, which.inviteId, { revokedAt: new Date() })
    if (version !== undefined) await record(tx, 'invite.revoked', { principal, found, version, origin })
  })
}

/**
 * Sends an open or expired invite again, with a new token; the one before is void.
 * @throws tenantNotFound, inviteNotFound, inviteNotOpen, beyondOwnPermissions
 */
export function resendInvite(
  { db, sendInvite }: InviteDeps,
  caller: Principal,
  which: Which,
  origin: Origin,
): Promise<invites.Found> {
  const principal = acting(caller, which.tenantId)
  const { tenantId } = principal
  return inTenant(db, tenantId, async (tx) => {
    const found = await find(tx, which)
    refuseBeyond(principal, found.role.permissions)
    const token = newInviteToken()
    const version = await invites.updateOpen(tx, which.inviteId, {
      digest: digestOf(token),
      expiresAt: new Date(Date.now() + inviteLifeMs),
    })
    if (version === undefined) throw inviteNotOpen()
    const { tenant, settings, invite } = found
    const { id, email } = invite
    await sendInvite(tx, { id, tenantId, email, token, tenant: { ...tenant, settings } })
    await record(tx, 'invite.resent', { principal, found, version, origin })
    return find(tx, which)
  })
}

async function find(tx: Tx, { tenantId, inviteId }: Which) {
  const found = await invites.byId(tx, tenantId, inviteId)
  if (!found) throw inviteNotFound()
  return found
}

interface Change {
  readonly principal: Principal
  readonly found: invites.Found
  readonly version: number
  readonly origin: Origin
}

function record(
  tx: Tx,
  event: 'invite.revoked' | 'invite.resent',
  { principal, found, version, origin }: Change,
) {
  const { id, tenantId, email } = found.invite
  return emit(tx, event, {
    tenantId,
    actor: actorOf(principal),
    aggregate: { id, version },
    origin,
    data: { email, role: found.role.name },
  })
}
