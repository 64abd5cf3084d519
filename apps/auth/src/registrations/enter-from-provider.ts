import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import type { Policy } from '../policy.ts'
import type { EnterFromProvider } from '../sign-in.ts'
import { type CompletionDeps, completeRegistration } from './complete-registration.ts'
import { assertOpen } from './registration-policy.ts'
import * as registrations from './repository.ts'

/** How long the request that began a registration has it to itself, before the reconciler goes on with it. */
const ownSeconds = 3

interface Deps extends CompletionDeps {
  readonly policy: Policy
}

/** Registers somebody whom another provider vouches for: as anybody who registers, but without a password. */
export const createEnterFromProvider =
  (deps: Deps): EnterFromProvider =>
  async (profile, origin) => {
    assertOpen(deps.policy, false)
    const person = { ...profile, userId: uuidv7(), tenantId: uuidv7() }
    const intent = { userId: person.userId, person, passwordHash: null, pepperId: null, origin }
    const nextAttemptAt = new Date(Date.now() + ownSeconds * 1000)
    await inPlatform(deps.db, (tx) => registrations.insert(tx, { ...intent, nextAttemptAt }))
    return completeRegistration(deps, intent)
  }
