import type { ServiceName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
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

/** What a service asks auth about those who call it. */
export interface AskAuth {
  /**
   * The access token for this service that an API key is good for; undefined for one that is not good.
   * @throws Problem 503 `auth.unavailable`
   */
  exchange(apiKey: string, origin: Origin): Promise<string | undefined>
  /** Whether a token is good at this moment. @throws Problem 503 `auth.unavailable` */
  introspect(token: string, origin: Origin): Promise<boolean>
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
        if (error instanceof Problem && error.code === 'oauth.invalid_request') return undefined
        return explain(error)
      }
    },
    async introspect(token, origin) {
      const { active } = await introspect({ body: { token }, origin, idempotent: true }).catch(explain)
      return active
    },
  }
}

/** That auth refuses the service's own token, or this way of asking, is no fault of whoever called the service. */
function explain(cause: unknown): never {
  if (cause instanceof Problem && cause.status === 503) throw cause
  throw new Problem('auth.unavailable', 503, 'Something that this needs is not available at the moment.', {
    cause,
    headers: { 'retry-after': '5' },
  })
}
