import * as z from 'zod'
import { invalidSocialLogin, providerRefused, providerUnavailable } from '../errors.ts'
import { createOAuthClient, type OAuthClient } from '../oauth-client.ts'
import { discover, type Metadata } from './discovery.ts'
import { type Claims, type ProviderKeys, providerKeys, verifyIdToken } from './id-token.ts'
import type { Identity, Provider, ProviderAnswer } from './provider.ts'
import { remembered } from './remembered.ts'
import { requestToken } from './request-token.ts'

export interface OpenIdOptions {
  readonly url: string
  /** The issuer that the provider's metadata must name. */
  readonly discoveredIssuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  /** The issuer that an ID token with these claims must be from, if they are to be believed. */
  readonly issuerOf: (claims: Pick<Claims, 'tid'>) => string | undefined
  /** Whether that is how the provider names itself when it sends a browser back (RFC 9207). */
  readonly isIssuer: (iss: string) => boolean
  readonly identityOf: (claims: Claims) => Identity
}

interface Connection {
  readonly metadata: Metadata
  readonly client: OAuthClient
  readonly keys: ProviderKeys
}

const IdTokenAnswer = z.object({ id_token: z.string() })
const connectionMs = 3_600_000

/** A provider that speaks OpenID Connect. Nothing is asked of it before somebody wants to sign in by it. */
export function createOpenIdProvider(options: OpenIdOptions): Provider {
  const { clientId, issuerOf, isIssuer } = options
  const connection = remembered(connectionMs, () => connect(options))

  return {
    async begin() {
      const { client } = await connection()
      const nonce = crypto.getRandomValues(Buffer.alloc(32)).toString('base64url')
      const { url, ...kept } = await client.authorize()
      const withNonce = new URL(url)
      withNonce.searchParams.set('nonce', nonce)
      return { ...kept, nonce, url: withNonce.href }
    },

    async identify(answer) {
      const { metadata, client, keys } = await connection()
      checkIss(metadata, isIssuer, answer)
      const { data, error } = IdTokenAnswer.safeParse(await requestToken(client, answer))
      if (!data) throw providerRefused({ cause: error })
      const { nonce } = answer
      return options.identityOf(await verifyIdToken(data.id_token, { keys, clientId, nonce, issuerOf }))
    },
  }
}

async function connect(options: OpenIdOptions): Promise<Connection> {
  const metadata = await discover(options.url, options.discoveredIssuer)
  const client = await createOAuthClient({
    ...options,
    scope: ['openid', 'email', 'profile'],
    authorizationEndpoint: metadata.authorization_endpoint,
    tokenEndpoint: metadata.token_endpoint,
  }).catch((cause: unknown) => {
    throw providerUnavailable({ cause })
  })
  return { metadata, client, keys: providerKeys(metadata.jwks_uri) }
}

/** That the answer is this provider's and not one that another mixed in (RFC 9207, section 2.4). */
function checkIss(metadata: Metadata, isIssuer: (iss: string) => boolean, { iss }: ProviderAnswer) {
  const isMissing = iss === undefined && metadata.authorization_response_iss_parameter_supported
  if (isMissing || (iss !== undefined && !isIssuer(iss))) throw invalidSocialLogin()
}
