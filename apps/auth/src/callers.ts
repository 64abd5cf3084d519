import { platformTenantId } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import type { ServerOptions } from '@gatehouse/http/server'
import { type ExchangeDeps, exchangeToken } from './tokens/exchange-token.ts'
import { introspectToken } from './tokens/introspect-token.ts'

type Ask = Required<Pick<ServerOptions['authentication'], 'exchange' | 'introspect'>>

/** Auth itself, as the service that asks. */
const self = {
  kind: 'service',
  id: 'auth',
  tenantId: platformTenantId,
  sessionId: undefined,
  permissions: new Set<never>(),
} as const

/** What the other services ask auth about those who call them: auth asks it of itself. */
export const askSelf = (deps: ExchangeDeps): Ask => ({
  async exchange(apiKey, origin) {
    const asked = {
      grant_type: tokenExchangeGrant,
      subject_token: apiKey,
      subject_token_type: tokenTypes.apiKey,
      audience: 'auth',
    } as const
    try {
      const { access_token } = await exchangeToken(deps, asked, self, origin)
      return access_token
    } catch (error) {
      if (error instanceof Problem && error.status === 400) return undefined
      throw error
    }
  },
  introspect: async (token, origin) => (await introspectToken(deps, token, origin)).active,
})
