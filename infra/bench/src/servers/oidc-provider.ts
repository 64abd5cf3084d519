import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIssuerKey } from '@gatehouse/testing/tokens'
import { Provider } from 'oidc-provider'

/** What the clients of a provider are to be called, and their secrets. */
export interface ProviderStart {
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[]
}

const [{ clients }] = (await once(process, 'message')) as [ProviderStart]

const server = createServer()
await once(server.listen(0, '127.0.0.1'), 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { kid, privateJwk } = await createIssuerKey()

/** As it comes, in memory; ES256 JWTs of the same life and scope. */
const provider = new Provider(url, {
  clients: clients.map(({ clientId, clientSecret }) => ({
    client_id: clientId,
    client_secret: clientSecret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256' as const,
    scope: 'users:read roles:read',
  })),
  jwks: { keys: [{ ...privateJwk, kid, alg: 'ES256', use: 'sig' }] as never },
  scopes: ['users:read', 'roles:read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:partner-gateway',
      getResourceServerInfo: () => ({
        scope: 'users:read roles:read',
        audience: 'partner-gateway',
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
server.on('request', provider.callback())
process.send?.(url)
