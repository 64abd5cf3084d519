import type { ServiceName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import { Problem } from '@gatehouse/contracts/problem'
import { exchangeToken, introspectToken, tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import { createClient, type TokenSource } from './client.ts'

interface AskAuthOptions {
  readonly authUrl: string
  /** The service's own token, to ask with. */
  readonly token: TokenSource
  /** The service that asks. */
  readonly service: ServiceName
}

/**
 * Exchanges the access token of a caller for one that opens one service, and there one permission, or with an empty scope
 * none but what is their own; undefined for a token that auth does not take.
 * @throws Problem 503 `auth.unavailable`
 */
export type NarrowToken = (
  token: string,
  wanted: { readonly audience: ServiceName; readonly scope: Permission | '' },
  origin: Origin,
) => Promise<{ readonly token: string; readonly expiresInSeconds: number } | undefined>

/** What a service asks auth about those who call it. */
export interface AskAuth {
  /**
   * The access token for this service that an API key is good for; undefined for one that is not good.
   * @throws Problem 503 `auth.unavailable`
   */
  exchange(apiKey: string, origin: Origin): Promise<string | undefined>
  /** Whether a token is good at this moment. @throws Problem 503 `auth.unavailable` */
  introspect(token: string, origin: Origin): Promise<boolean>
  readonly narrow: NarrowToken
}

export function askAuth({ authUrl, token, service }: AskAuthOptions): AskAuth {
  const call = createClient({ service: 'auth', baseUrl: authUrl, token })
  const exchange = call(exchangeToken)
  const introspect = call(introspectToken)
  return {
    async exchange(apiKey, origin) {
      const body = {
        grant_type: tokenExchangeGrant,
        subject_token: apiKey,
        subject_token_type: tokenTypes.apiKey,
        audience: service,
      } as const
      try {
        const { access_token } = await exchange({ body, origin, idempotent: true })
        return access_token
      } catch (error) {
        return undefinedIfRefused(error)
      }
    },
    async narrow(token, { audience, scope }, origin) {
      const body = {
        grant_type: tokenExchangeGrant,
        subject_token: token,
        subject_token_type: tokenTypes.accessToken,
        audience,
        scope,
      } as const
      try {
        const { access_token, expires_in } = await exchange({ body, origin, idempotent: true })
        return { token: access_token, expiresInSeconds: expires_in }
      } catch (error) {
        return undefinedIfRefused(error)
      }
    },
    async introspect(token, origin) {
      const { active } = await introspect({ body: { token }, origin, idempotent: true }).catch(explain)
      return active
    },
  }
}

/** Auth does not tell why it takes a token or a key for no good (RFC 8693, section 2.2.2). */
function undefinedIfRefused(error: unknown): undefined {
  if (error instanceof Problem && error.code === 'oauth.invalid_request') return undefined
  return explain(error)
}

/** That auth refuses the service's own token, or this way of asking, is no fault of whoever called the service. */
function explain(cause: unknown): never {
  if (cause instanceof Problem && cause.status === 503) throw cause
  throw new Problem('auth.unavailable', 503, 'Something that this needs is not available at the moment.', {
    cause,
    headers: { 'retry-after': '5' },
  })
}
