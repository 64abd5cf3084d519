import type { Origin } from '@gatehouse/contracts/origin'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Seal } from '@gatehouse/keys/seal'
import { networkOf, type Throttle } from '@gatehouse/throttle/throttle'
import { returnUrlRefused } from '../errors.ts'
import { browserOr, digestOf } from './browser.ts'
import type { Providers } from './providers.ts'
import * as identities from './repository.ts'

/** How long somebody may take at the provider. */
export const socialLoginSeconds = 600

export interface BeginDeps {
  readonly db: Database
  readonly throttle: Throttle
  readonly seal: Seal
  readonly providers: Providers
  /** Where a browser may end up, word for word; none where there is no front end. */
  readonly returnUrls: readonly string[]
}

interface Asked {
  readonly provider: IdentityProvider
  readonly returnTo: string | undefined
  /** What the browser is known by already, if it is. */
  readonly browser: string | undefined
  /** Who wants the identity linked to their account. */
  readonly linkUserId?: string
}

/**
 * Begins a sign-in at a provider: where to send the browser, and what it is to be known by when it comes back.
 * @throws returnUrlRefused, providerNotConfigured, providerUnavailable, providerRefused; tooManyRequests
 */
export async function beginSocialLogin(deps: BeginDeps, asked: Asked, { sourceIp }: Origin) {
  const { db, throttle, seal, providers, returnUrls } = deps
  const { provider, linkUserId = null } = asked
  const returnTo = asked.returnTo ?? returnUrls[0]
  if (returnTo !== undefined && !returnUrls.includes(returnTo)) throw returnUrlRefused()
  await throttle.take([{ key: `social-login:address:${networkOf(sourceIp)}`, max: 300, windowSeconds: 900 }])
  const browser = browserOr(asked.browser)
  const { url, state, ...secrets } = await providers(provider).begin()
  const [stateDigest, browserDigest] = [digestOf(state), digestOf(browser)]
  const login = {
    stateDigest,
    browserDigest,
    provider,
    sealedSecrets: await seal.seal(about(stateDigest), JSON.stringify(secrets)),
    returnTo: returnTo ?? null,
    linkUserId,
  }
  await inPlatform(db, (tx) => identities.insertSocialLogin(tx, login, socialLoginSeconds))
  return { url, browser }
}

/** What the secrets of a sign-in are sealed under. */
export const about = (stateDigest: Buffer) => aboutState(stateDigest.toString('hex'))

/** By the digest in hexadecimal. */
export const aboutState = (digest: string) => `social login ${digest}`
