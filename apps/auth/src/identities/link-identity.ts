import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Reauthentication } from '@gatehouse/contracts/second-factors'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import { readInPlatform } from '@gatehouse/db/tenant'
import { passwordNeeded } from '../errors.ts'
import type { Reauthenticate } from '../sign-in.ts'
import { type BeginDeps, beginSocialLogin } from './begin-social-login.ts'
import * as identities from './repository.ts'

export interface LinkDeps extends BeginDeps {
  readonly reauthenticate: Reauthenticate
}

interface Asked extends Reauthentication {
  readonly provider: IdentityProvider
  readonly returnTo?: string | undefined
  readonly browser: string | undefined
}

/**
 * Begins to link an identity to the account of who asks and proves themselves once more.
 * @throws passwordNeeded, what `Reauthenticate` throws, and what `beginSocialLogin` throws
 */
export async function linkIdentity(
  deps: LinkDeps,
  principal: Principal,
  { password, mfaCode, provider, returnTo, browser }: Asked,
  origin: Origin,
) {
  await assertPassword(deps, principal)
  await deps.reauthenticate(principal, { password, mfaCode }, origin)
  return beginSocialLogin(deps, { provider, returnTo, browser, linkUserId: principal.id }, origin)
}

/** @throws passwordNeeded for who can sign in by a provider alone: nothing but the password shows that it is them */
export async function assertPassword({ db }: Pick<LinkDeps, 'db'>, { id }: Principal) {
  if (!(await readInPlatform(db, (tx) => identities.hasPassword(tx, id)))) throw passwordNeeded()
}
