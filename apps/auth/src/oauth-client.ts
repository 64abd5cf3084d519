import { setTimeout } from 'node:timers/promises'
import fastifyOauth2 from '@fastify/oauth2'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'

export interface OAuthClientOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: readonly string[]
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly redirectUri: string
}

/** Where to send a browser for an authorization code, and what its coming back is checked against. */
export interface AuthorizationRequest {
  readonly url: string
  readonly state: string
  readonly verifier: string
}

export interface AuthorizationAnswer extends Omit<AuthorizationRequest, 'url'> {
  readonly code: string
}

/** A client of one authorization server (RFC 6749, section 4.1, with PKCE S256). */
export interface OAuthClient {
  authorize(): Promise<AuthorizationRequest>
  /** Swaps a code for what the server says of its bearer. @throws within 5 s, for whatever it is that went wrong */
  exchange(answer: AuthorizationAnswer): Promise<unknown>
}

const timeoutMs = 5_000

/**
 * An OAuth client of `@fastify/oauth2`. The plugin wants the endpoints when it is registered, and they are known only
 * when the provider was asked for them: so it lives on an instance of its own, which never listens. It is handed cookies
 * that no browser has: its state and verifier are kept by the server, so that they are good once, and the tabs of a
 * browser don't overwrite each other's.
 */
export async function createOAuthClient(options: OAuthClientOptions): Promise<OAuthClient> {
  const host = fastify()
  await host.register(fastifyOauth2, {
    name: 'provider',
    scope: [...options.scope],
    callbackUri: options.redirectUri,
    pkce: 'S256',
    redirectStateCookieName: 'state',
    verifierCookieName: 'verifier',
    userAgent: 'gatehouse',
    credentials: {
      client: { id: options.clientId, secret: options.clientSecret },
      auth: authOf(options),
      options: { authorizationMethod: 'body' },
      http: { timeout: timeoutMs, maxBytes: 1_000_000, redirects: false },
    },
  })
  const { oauth2Provider: provider } = host
  if (!provider) throw new Error('@fastify/oauth2 did not register.')

  return {
    async authorize() {
      const cookies = new Map<string, string>()
      const reply = { setCookie: (name: string, value: string) => cookies.set(name, value) }
      const url = await provider.generateAuthorizationUri(
        {} as FastifyRequest,
        reply as unknown as FastifyReply,
      )
      const [state, verifier] = [cookies.get('state'), cookies.get('verifier')]
      if (!state || !verifier) throw new Error('@fastify/oauth2 made no state or no code verifier.')
      return { url, state, verifier }
    },
    async exchange({ code, state, verifier }) {
      const request = { query: { code, state }, cookies: { state, verifier } } as unknown as FastifyRequest
      // The client's own limit holds for the header and for the body of an answer, this one for both.
      const timedOut = setTimeout(timeoutMs, undefined, { ref: false }).then(() => {
        throw new Error(`No token within ${timeoutMs} ms.`)
      })
      return (await Promise.race([provider.getAccessTokenFromAuthorizationCodeFlow(request), timedOut])).token
    },
  }
}

/** The plugin puts URLs together from hosts and paths. */
function authOf({ authorizationEndpoint, tokenEndpoint }: OAuthClientOptions) {
  const [authorize, token] = [new URL(authorizationEndpoint), new URL(tokenEndpoint)]
  return {
    authorizeHost: authorize.origin,
    authorizePath: authorize.pathname + authorize.search,
    tokenHost: token.origin,
    tokenPath: token.pathname + token.search,
  }
}
