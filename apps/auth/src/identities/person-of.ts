import { Email } from '@gatehouse/contracts/email'
import type { Origin } from '@gatehouse/contracts/origin'
import { Problem } from '@gatehouse/contracts/problem'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Directory, Standing } from '../directory.ts'
import { accountExists, noVerifiedEmail, wrongCredentials } from '../errors.ts'
import type { EnterFromProvider } from '../sign-in.ts'
import { type AttachDeps, attachIdentity } from './attach-identity.ts'
import type { Identity } from './provider.ts'
import * as identities from './repository.ts'

export interface PersonDeps extends AttachDeps {
  readonly directory: Directory
  readonly enterFromProvider: EnterFromProvider
}

/**
 * Whom an identity signs in. This is all that may connect an identity with an account:
 *
 * 1. An identity that is linked signs in the person it is linked to, whatever its e-mail address is by now.
 * 2. One that is not needs an address that the provider has verified.
 * 3. If nobody has the address, it makes a new person, whom the platform takes as its rules for registering have it.
 * 4. If somebody has it, it is linked to them where they have proven here, too, that the address is theirs. Where they
 *    have not, whoever typed it in first could lie in wait for its owner: they have to sign in and link it themselves.
 *
 * A person has one identity of each provider, so a second one is never linked to them by its address.
 * @throws noVerifiedEmail, accountExists, wrongCredentials, and what a registration is refused for
 */
export async function personOf(deps: PersonDeps, identity: Identity, origin: Origin): Promise<Standing> {
  const { directory } = deps
  const userId = await inPlatform(deps.db, (tx) => identities.useIdentity(tx, identity))
  if (userId !== undefined) {
    const authority = await directory.resolve({ userId }, origin)
    if (!authority) throw wrongCredentials()
    return authority
  }
  const { data: email } = Email.safeParse(identity.verifiedEmail)
  if (email === undefined) throw noVerifiedEmail()
  const known = await directory.resolve({ email }, origin)
  if (known) return adopt(deps, known, identity, origin)

  const { firstName, lastName } = identity
  try {
    const entered = await deps.enterFromProvider({ email, firstName, lastName, emailVerified: true }, origin)
    await attachIdentity(deps, entered, identity, origin)
    return entered
  } catch (error) {
    // Somebody was quicker by a moment; most likely they themselves, in another tab.
    const winner = isEmailTaken(error) ? await directory.resolve({ email }, origin) : undefined
    if (!winner) throw error
    return adopt(deps, winner, identity, origin)
  }
}

/** Links an identity to the person who has its address. Nothing is linked to who is not let in anyway. */
async function adopt(deps: PersonDeps, known: Standing, identity: Identity, origin: Origin) {
  if (known.user.status !== 'active' || known.tenant.status !== 'active') return known
  if (!known.user.emailVerified) throw accountExists()
  await attachIdentity(deps, known, identity, origin, { isTold: true })
  return known
}

const isEmailTaken = (error: unknown) => error instanceof Problem && error.code === 'user.email_taken'
