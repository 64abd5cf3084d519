import type { CreateInvite, Invite } from '@gatehouse/contracts/invites'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { forbidden } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { refuseBeyond } from '../ceiling.ts'
import { alreadyMember, inviteNotFound, inviteOpen, tenantNotFound, unknownRoles } from '../errors.ts'
import { acting, actorOf } from '../reach.ts'
import type { SendInvite } from './letter.ts'
import * as invites from './repository.ts'
import { shown } from './state.ts'
import { digestOf, newInviteToken } from './token.ts'

/** How long an invite is good for. Milliseconds. */
export const inviteLifeMs = 7 * 86_400_000

export interface InviteDeps {
  readonly db: Database
  /** Goes into the digests of requests that may come twice; 32 bytes. */
  readonly requestKey: Uint8Array
  readonly sendInvite: SendInvite
}

/**
 * Offers somebody a place in a tenant, by a mail that carries the token; nobody else gets to see it.
 * The same for the repetition of a request.
 * @throws tenantNotFound, unknownRoles, beyondOwnPermissions, alreadyMember, inviteOpen, idempotencyKeyReused
 */
export function createInvite(
  { db, sendInvite }: InviteDeps,
  caller: Principal,
  { tenantId: wanted, ...offer }: Offer,
  { request, origin }: { request: RepeatableRequest; origin: Origin },
): Promise<Invite> {
  const principal = acting(caller, wanted)
  return inPlatform(db, (tx) =>
    once(tx, request, () => invite(tx, sendInvite, { principal, ...offer }, origin)),
  )
}

/** The person behind an invite, whose permissions it is measured by. @throws forbidden for a caller who is none */
function inviterOf({ kind, id, ownerId }: Principal): string {
  const person = kind === 'user' ? id : ownerId
  if (person === undefined) throw forbidden()
  return person
}

type Offer = CreateInvite & { readonly tenantId: string }

async function invite(
  tx: Tx,
  sendInvite: SendInvite,
  { principal, email, role: roleName }: CreateInvite & { readonly principal: Principal },
  origin: Origin,
): Promise<Invite> {
  const { tenantId } = principal
  const tenant = await invites.tenantOf(tx, tenantId)
  if (tenant?.status !== 'active') throw tenantNotFound()
  const role = await invites.roleNamed(tx, tenantId, roleName)
  if (!role) throw unknownRoles([roleName])
  refuseBeyond(principal, role.permissions)
  if (await invites.isMember(tx, tenantId, email)) throw alreadyMember()

  const token = newInviteToken()
  const id = await invites.insert(tx, {
    id: uuidv7(),
    tenantId,
    email,
    roleId: role.id,
    digest: digestOf(token),
    invitedBy: inviterOf(principal),
    expiresAt: new Date(Date.now() + inviteLifeMs),
  })
  if (id === undefined) throw inviteOpen()
  await sendInvite(tx, { id, tenantId, email, token, tenant })
  await emit(tx, 'invite.created', {
    tenantId,
    actor: actorOf(principal),
    aggregate: { id, version: 1 },
    origin,
    data: { email, role: role.name },
  })
  const found = await invites.byId(tx, tenantId, id)
  if (!found) throw inviteNotFound()
  return shown(found)
}
