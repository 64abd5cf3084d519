import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import type { AuthorizationRequest } from '../oauth-client.ts'

/** Who somebody is at a provider. The first three name them for good; nothing else does. */
export interface Identity {
  readonly provider: IdentityProvider
  readonly issuer: string
  readonly subject: string
  /** What the provider calls the address, whoever has verified it. */
  readonly email: string | undefined
  /** The same, where the provider says that it is theirs. */
  readonly verifiedEmail: string | undefined
  readonly firstName: string
  readonly lastName: string
}

/** What a browser is sent to a provider with. */
export interface Beginning extends AuthorizationRequest {
  readonly nonce: string
}

/** What it came back with, and what was kept of its beginning. */
export interface ProviderAnswer extends Omit<Beginning, 'url'> {
  readonly code: string
  /** RFC 9207. */
  readonly iss: string | undefined
}

/** Somebody who vouches for people. */
export interface Provider {
  /** @throws providerUnavailable, providerRefused */
  begin(): Promise<Beginning>
  /** @throws providerUnavailable, providerRefused, invalidSocialLogin */
  identify(answer: ProviderAnswer): Promise<Identity>
}
