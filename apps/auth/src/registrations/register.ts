import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Register } from '@gatehouse/contracts/registration'
import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { inviteNotFound } from '../errors.ts'
import type { Passwords } from '../passwords.ts'
import { type CompletionDeps, completeRegistration } from './complete-registration.ts'
import * as registrations from './repository.ts'

/** How long the request that began a registration has it to itself, before the reconciler goes on with it. */
const ownSeconds = 3

export interface RegistrationDeps extends CompletionDeps {
  readonly passwords: Passwords
}

/**
 * Makes a new person with a tenant of their own. The intent is written first: once it is, a crash of auth or the
 * directory delays the registration and leaves nothing half done.
 * @throws inviteNotFound
 * @throws Problem user.email_taken
 */
export async function register(deps: RegistrationDeps, input: Register, origin: Origin): Promise<Authority> {
  const { password, inviteToken, ...profile } = input
  // Nobody can be invited yet, so there is no token that could be the right one.
  if (inviteToken !== undefined) throw inviteNotFound()
  const person = { ...profile, userId: uuidv7(), tenantId: uuidv7() }
  const registration = {
    userId: person.userId,
    person,
    passwordHash: await deps.passwords.hash(password),
    origin,
    nextAttemptAt: new Date(Date.now() + ownSeconds * 1000),
  }
  await inPlatform(deps.db, (tx) => registrations.insert(tx, registration))
  return completeRegistration(deps, registration)
}
