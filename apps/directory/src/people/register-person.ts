import type { Authority, RegisterPerson } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { emailTaken, userNotFound } from '../errors.ts'
import { authorityOf } from './authority.ts'
import { enterOwnTenant } from './enter-own-tenant.ts'
import * as people from './repository.ts'

/** Makes a person a member of the tenant that invited them. */
export type AcceptInvite = (
  tx: Tx,
  acceptance: { digest: Buffer; userId: string },
  origin: Origin,
) => Promise<{ invite: { tenantId: string } }>

export interface RegistrationDeps {
  readonly db: Database
  readonly acceptInvite: AcceptInvite
}

/**
 * Enters a new person and the tenant that they come with, or joins them to the one that invited them, and
 * answers what they may do there. Safe to repeat:
 * the same `userId` with the same e-mail is entered once, whoever asks again gets today's answer.
 * @throws emailTaken if somebody else has the e-mail; what an invite is refused for
 */
export function registerPerson(
  { db, acceptInvite }: RegistrationDeps,
  input: RegisterPerson,
  origin: Origin,
): Promise<Authority> {
  const { userId, inviteDigest } = input
  return inPlatform(db, async (tx) => {
    const isNew = await people.insertUser(tx, {
      id: input.userId,
      email: input.email,
      firstName: input.firstName,
      lastName: input.lastName,
      status: 'active',
      // An invite was sent to the address: whoever has it has read the mail.
      emailVerified: input.emailVerified ?? inviteDigest !== undefined,
    })
    if (isNew && inviteDigest !== undefined) {
      const { invite } = await acceptInvite(tx, { digest: Buffer.from(inviteDigest, 'hex'), userId }, origin)
      await recordRegistration(tx, input, invite.tenantId, origin)
    } else if (isNew) await enterTenant(tx, input, origin)
    const person = await people.personById(tx, input.userId)
    if (person?.user.email !== input.email) throw emailTaken()
    const authority = authorityOf(person, inviteDigest === undefined ? input.tenantId : undefined)
    if (!authority) throw userNotFound()
    return authority
  })
}

async function enterTenant(tx: Tx, input: RegisterPerson, origin: Origin) {
  const { userId, tenantId, companyName, country } = input
  if (input.platformAdministrator) {
    await people.insertMember(tx, { tenantId, userId, systemRole: 'platform-admin' })
  } else {
    const name = companyName ?? `${input.firstName} ${input.lastName}`
    await enterOwnTenant(tx, { userId, tenantId, name, country }, origin)
  }
  await recordRegistration(tx, input, tenantId, origin)
}

async function recordRegistration(tx: Tx, input: RegisterPerson, tenantId: string, origin: Origin) {
  const { userId, email, firstName, lastName } = input
  await emit(tx, 'user.registered', {
    tenantId,
    actor: { type: 'user', id: userId },
    aggregate: { id: userId, version: 1 },
    origin,
    data: { email, firstName, lastName, tenantId },
  })
}
