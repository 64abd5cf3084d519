import type { Origin } from '@gatehouse/contracts/origin'
import { Problem } from '@gatehouse/contracts/problem'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Standing } from '../directory.ts'
import {
  invalidSocialLogin,
  mfaRequired,
  providerRefused,
  socialLoginDenied,
  wrongCredentials,
} from '../errors.ts'
import type { SignIn } from '../sign-in.ts'
import { attachIdentity } from './attach-identity.ts'
import { about, type BeginDeps } from './begin-social-login.ts'
import { digestOf } from './browser.ts'
import { issueLoginCode } from './login-code.ts'
import { type PersonDeps, personOf } from './person-of.ts'
import * as identities from './repository.ts'

export interface FinishDeps extends BeginDeps, PersonDeps {
  readonly signIn: SignIn
}

interface Returned {
  readonly provider: IdentityProvider
  readonly browser: string | undefined
  readonly state: string
  readonly code?: string | undefined
  readonly iss?: string | undefined
  readonly error?: string | undefined
}

/** Where the browser goes on, or what it gets where there is no front end; neither when an identity was linked. */
type Outcome = { readonly location: string } | { readonly tokens: Tokens } | undefined

/**
 * Takes up a sign-in that comes back from a provider. What goes wrong with one that was begun for a front end is told to
 * that; what was never begun here, or not in this browser, or not at this provider, is told to nobody else.
 * @throws invalidSocialLogin, and for want of a front end what else goes wrong
 */
export async function finishSocialLogin(
  deps: FinishDeps,
  returned: Returned,
  origin: Origin,
): Promise<Outcome> {
  const begun = await takeUp(deps, returned)
  const { returnTo, browser } = begun
  if (returnTo === null) {
    const authority = await arrive(deps, begun, returned, origin)
    return authority && { tokens: await signInOrAskForMore(deps, authority, browser, origin) }
  }
  try {
    const authority = await arrive(deps, begun, returned, origin)
    const { provider } = returned
    const found = authority ? { code: await issueLoginCode(deps, authority, browser) } : { linked: provider }
    return { location: withQuery(returnTo, found) }
  } catch (error) {
    if (error instanceof Problem) return { location: withQuery(returnTo, { error: error.code }) }
    throw error
  }
}

interface Begun {
  readonly browser: string
  readonly stateDigest: Buffer
  readonly sealedSecrets: string
  readonly returnTo: string | null
  readonly linkUserId: string | null
}

async function takeUp({ db }: FinishDeps, { provider, browser, state }: Returned): Promise<Begun> {
  if (browser === undefined) throw invalidSocialLogin()
  const key = { provider, stateDigest: digestOf(state), browserDigest: digestOf(browser) }
  const begun = await inPlatform(db, (tx) => identities.takeSocialLogin(tx, key))
  if (!begun) throw invalidSocialLogin()
  return { ...begun, browser }
}

/** Who has come back; nobody where an identity was linked, which signs nobody in. */
async function arrive(deps: FinishDeps, begun: Begun, returned: Returned, origin: Origin) {
  const identity = await identify(deps, begun, returned)
  if (begun.linkUserId === null) return personOf(deps, identity, origin)
  const authority = await deps.directory.resolve({ userId: begun.linkUserId }, origin)
  if (authority?.user.status !== 'active') throw wrongCredentials()
  await attachIdentity(deps, authority, identity, origin, { isTold: true })
  return undefined
}

async function identify(deps: FinishDeps, begun: Begun, { provider, state, code, iss, error }: Returned) {
  if (error === 'access_denied') throw socialLoginDenied()
  if (error !== undefined) throw providerRefused({ cause: new Error(`The provider answered ${error}.`) })
  if (code === undefined) throw invalidSocialLogin()
  const secrets = await deps.seal.unseal(about(begun.stateDigest), begun.sealedSecrets)
  const { nonce, verifier } = JSON.parse(secrets) as { nonce: string; verifier: string }
  return deps.providers(provider).identify({ code, state, iss, nonce, verifier })
}

/** Where a second factor is due nothing can be repeated but a code: so there is one to repeat. */
async function signInOrAskForMore(deps: FinishDeps, authority: Standing, browser: string, origin: Origin) {
  try {
    return await deps.signIn(authority, { method: 'social', amr: ['fed'] }, origin)
  } catch (error) {
    if (!(error instanceof Problem && error.code === mfaRequired().code)) throw error
    const loginCode = await issueLoginCode(deps, authority, browser, { wantsSecondFactor: true })
    throw mfaRequired({ extensions: { loginCode } })
  }
}

function withQuery(address: string, query: Readonly<Record<string, string>>) {
  const url = new URL(address)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}
