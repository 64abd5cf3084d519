import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'

const Scope = z.string().max(1024).optional()

export const authorizeCall = {
  method: 'GET',
  url: '/internal/authorize',
  config: { access: 'signed-in', kinds: ['partner_client'], tokens: 'partner' },
  schema: {
    operationId: 'authorizeCall',
    summary: "Ask whether a partner's client may be let through (nginx auth_request, Envoy ext_authz)",
    description:
      'The answer names the client, its tenant and its scope in X-Gatehouse-Client, X-Gatehouse-Tenant and X-Gatehouse-Scope.',
    tags: ['Partner API'],
    hide: true,
    querystring: z.strictObject({
      scope: Scope.meta({ description: 'What it must hold, separated by spaces.' }),
    }),
    headers: z.looseObject({ 'x-gatehouse-required-scope': Scope }),
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
