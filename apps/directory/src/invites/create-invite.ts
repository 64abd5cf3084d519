import type { CreateInvite } from '@gatehouse/contracts/invites'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import {
  alreadyMember,
  beyondOwnPermissions,
  inviteNotFound,
  inviteOpen,
  tenantNotFound,
  unknownRoles,
} from '../errors.ts'
import { within } from '../reach.ts'
import type { SendInvite } from './letter.ts'
import * as invites from './repository.ts'
import { digestOf, newInviteToken } from './token.ts'

/** How long an invite is good for. Milliseconds. */
export const inviteLifeMs = 7 * 86_400_000

export interface InviteDeps {
  readonly db: Database
  readonly sendInvite: SendInvite
}

/**
 * Offers somebody a place in a tenant, by a mail that carries the token; nobody else gets to see it.
 * @throws tenantNotFound, unknownRoles, beyondOwnPermissions, alreadyMember, inviteOpen
 */
export function createInvite(
  { db, sendInvite }: InviteDeps,
  principal: Principal,
  { tenantId: wanted, email, role: roleName }: CreateInvite & { tenantId: string },
  origin: Origin,
): Promise<invites.Found> {
  const tenantId = within(principal, wanted, 'platform:write')
  return inPlatform(db, async (tx) => {
    const tenant = await invites.tenantOf(tx, tenantId)
    if (tenant?.status !== 'active') throw tenantNotFound()
    const role = await invites.roleNamed(tx, tenantId, roleName)
    if (!role) throw unknownRoles([roleName])
    const held: ReadonlySet<string> = principal.permissions
    const lacking = role.permissions.filter((permission) => !held.has(permission))
    if (lacking.length > 0) throw beyondOwnPermissions(lacking)
    if (await invites.isMember(tx, tenantId, email)) throw alreadyMember()

    const token = newInviteToken()
    const id = await invites.insert(tx, {
      id: uuidv7(),
      tenantId,
      email,
      roleId: role.id,
      digest: digestOf(token),
      invitedBy: principal.ownerId ?? principal.id,
      expiresAt: new Date(Date.now() + inviteLifeMs),
    })
    if (id === undefined) throw inviteOpen()
    await sendInvite(tx, { tenantId, email, token, tenant })
    await emit(tx, 'invite.created', {
      tenantId,
      actor: { type: principal.kind, id: principal.id },
      aggregate: { id, version: 1 },
      origin,
      data: { email, role: role.name },
    })
    const found = await invites.byId(tx, tenantId, id)
    if (!found) throw inviteNotFound()
    return found
  })
}
