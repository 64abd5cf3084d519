import * as contract from '@gatehouse/contracts/tokens'
import type { Routes } from '@gatehouse/http/routes'
import { authorizationServerMetadata } from './authorization-server-metadata.ts'
import { type ExchangeDeps, exchangeToken } from './exchange-token.ts'
import { introspectToken } from './introspect-token.ts'
import { type RevocationDeps, revokeToken } from './revoke-token.ts'

interface Deps extends ExchangeDeps, RevocationDeps {
  /** The public base URL, which is also the `iss` of every token. */
  readonly issuerUrl: string
}

export const tokenRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...contract.exchangeToken,
    handler: ({ body, principal, origin }) => exchangeToken(deps, body, principal, origin),
  })

  app.route({
    ...contract.introspectToken,
    handler: ({ body, origin }) => introspectToken(deps, body.token, origin),
  })

  app.route({
    ...contract.revokeToken,
    handler: async ({ body, principal, origin }, reply) => {
      await revokeToken(deps, body.token, principal, origin)
      return reply.send()
    },
  })

  app.route({
    ...contract.getAuthorizationServerMetadata,
    handler: async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=300').send(authorizationServerMetadata(deps.issuerUrl)),
  })
}
