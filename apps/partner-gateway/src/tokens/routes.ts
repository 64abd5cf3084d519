import { examinePartnerToken } from '@gatehouse/contracts/internal'
import * as contract from '@gatehouse/contracts/partner-token'
import { methodNotAllowed } from '@gatehouse/contracts/problems'
import type { Routes } from '@gatehouse/http/routes'
import { limitHeaders } from '../client-limits.ts'
import { parametersInUrl } from '../errors.ts'
import type { Presented } from './client-authentication.ts'
import { examineToken } from './examine-token.ts'
import { type IntrospectionDeps, introspectToken } from './introspect-token.ts'
import { type IssueDeps, issueToken } from './issue-token.ts'
import { serverMetadata } from './metadata.ts'
import { type RevocationDeps, revokeToken } from './revoke-token.ts'

interface Deps extends IssueDeps, IntrospectionDeps, RevocationDeps {
  /** The public base URL of the platform. */
  readonly platformUrl: string
}

export const tokenRoutes: Routes<Deps> = async (app, deps) => {
  app.route({
    ...contract.issuePartnerToken,
    handler: async (request, reply) => {
      const { grant_type: grantType, scope } = request.body
      const asked = { ...presentedIn(request), grantType, scope }
      const { token, taken } = await issueToken(deps, asked, request.origin)
      return reply.headers({ ...limitHeaders(taken), ...notToBeStored }).send(token)
    },
  })

  app.route({
    ...contract.refusePartnerTokenByGet,
    handler: () => {
      throw methodNotAllowed({ headers: { allow: 'POST' } })
    },
  })

  app.route({
    ...contract.introspectPartnerToken,
    handler: async (request, reply) => {
      const asked = { ...presentedIn(request), token: request.body.token }
      return reply.headers(notToBeStored).send(await introspectToken(deps, asked, request.origin))
    },
  })

  app.route({
    ...examinePartnerToken,
    handler: async ({ body }) => ({ active: await examineToken(deps, body) }),
  })

  app.route({
    ...contract.revokePartnerToken,
    handler: async (request, reply) => {
      await revokeToken(deps, { ...presentedIn(request), token: request.body.token }, request.origin)
      return reply.headers(notToBeStored).send()
    },
  })

  app.route({
    ...contract.getPartnerServerMetadata,
    handler: async (_request, reply) =>
      reply
        .header('cache-control', 'public, max-age=300')
        .send(serverMetadata(deps.platformUrl, deps.issuer.url)),
  })
}

/** RFC 6749, section 5.1. */
const notToBeStored = { 'cache-control': 'no-store', pragma: 'no-cache' }

interface OAuthRequest {
  readonly headers: { readonly authorization?: string | undefined }
  readonly query: unknown
  readonly body: { readonly client_id?: string | undefined; readonly client_secret?: string | undefined }
}

/** @throws parametersInUrl: a secret that stands there ends up in logs (RFC 6749, section 2.3.1) */
function presentedIn({ headers, query, body }: OAuthRequest): Presented {
  if (Object.keys(query as object).length > 0) throw parametersInUrl()
  return {
    authorization: headers.authorization,
    clientId: body.client_id || undefined,
    clientSecret: body.client_secret || undefined,
  }
}
