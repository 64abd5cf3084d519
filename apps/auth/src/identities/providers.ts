import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import { providerNotConfigured } from '../errors.ts'
import type { SocialLoginSettings } from '../social-login-settings.ts'
import { createGithub } from './github.ts'
import { createGoogle } from './google.ts'
import { createMicrosoft } from './microsoft.ts'
import type { Provider } from './provider.ts'

/** @throws providerNotConfigured, which names the settings that are missing */
export type Providers = (name: IdentityProvider) => Provider

interface Client {
  readonly clientId: string
  readonly clientSecret: string
  /** A part of ISSUER, so that nothing that a request says of its host has a part in it. */
  readonly redirectUri: string
}

/** The providers of this platform, each ready when it has its settings. */
export function createProviders(settings: SocialLoginSettings): Providers {
  const { GOOGLE_ISSUER, GITHUB_URL, GITHUB_API_URL, MICROSOFT_ISSUER } = settings
  const make: Readonly<Record<IdentityProvider, (client: Client) => Provider>> = {
    google: (client) => createGoogle({ ...client, issuer: GOOGLE_ISSUER }),
    github: (client) => createGithub({ ...client, url: GITHUB_URL, apiUrl: GITHUB_API_URL }),
    microsoft: (client) => createMicrosoft({ ...client, issuer: MICROSOFT_ISSUER }),
  }
  const made = new Map<IdentityProvider, Provider>()
  return (name) => {
    const provider = made.get(name) ?? make[name](clientOf(name, settings))
    made.set(name, provider)
    return provider
  }
}

const settingsOf = {
  google: ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
  github: ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'],
  microsoft: ['MICROSOFT_CLIENT_ID', 'MICROSOFT_CLIENT_SECRET'],
} as const satisfies Record<IdentityProvider, readonly [keyof SocialLoginSettings, keyof SocialLoginSettings]>

function clientOf(name: IdentityProvider, settings: SocialLoginSettings): Client {
  const [clientId, clientSecret] = settingsOf[name].map((setting) => settings[setting])
  if (clientId !== undefined && clientSecret !== undefined)
    return { clientId, clientSecret, redirectUri: `${settings.ISSUER}/api/auth/oauth/${name}/callback` }
  const missing = settingsOf[name].filter((setting) => settings[setting] === undefined)
  throw providerNotConfigured({
    detail: `Nobody can sign in by ${name} here: ${missing.join(' and ')} must be set.`,
  })
}
