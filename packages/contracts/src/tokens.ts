import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { serviceNames } from './events.ts'
import { NoContent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { principalKinds } from './principal.ts'

/** RFC 8693 §3; an API key is of a type of ours. */
export const tokenTypes = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  apiKey: 'urn:gatehouse:token-type:api_key',
} as const

export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** RFC 8693 §2.1. */
export const TokenExchange = z.object({
  grant_type: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: `Always \`${tokenExchangeGrant}\`.` }),
  subject_token: OpaqueToken,
  subject_token_type: z.enum([tokenTypes.accessToken, tokenTypes.apiKey]),
  audience: z.enum(['gatehouse', ...serviceNames]),
  scope: z.string().max(4096).optional(),
  requested_token_type: z.literal(tokenTypes.accessToken).optional(),
})
export type TokenExchange = z.infer<typeof TokenExchange>

/** RFC 8693 §2.2.1. */
export const ExchangedToken = z
  .object({
    access_token: z.string(),
    issued_token_type: z.literal(tokenTypes.accessToken),
    token_type: z.literal('Bearer'),
    expires_in: z.int().positive(),
    scope: z.string(),
  })
  .meta({ id: 'ExchangedToken' })
export type ExchangedToken = z.infer<typeof ExchangedToken>

export const exchangeToken = {
  method: 'POST',
  url: '/api/v1/auth/token',
  config: { access: 'tokens:exchange', kinds: ['service'], oauth: true },
  schema: {
    operationId: 'exchangeToken',
    summary: 'Exchange a token or an API key for a narrower token (RFC 8693)',
    description:
      "For services: the new token is the caller's, for one audience, with no more scope, and says through whom.",
    tags: ['Service tokens'],
    body: TokenExchange,
    response: { 200: ExchangedToken },
  },
} as const satisfies Endpoint

const TokenInQuestion = z.object({
  token: OpaqueToken,
  token_type_hint: z.string().max(100).optional(),
})

/** The chain of services that a token was exchanged through, the last one outermost (RFC 8693 §4.1). */
export interface Act {
  readonly sub: string
  readonly act?: Act | undefined
}

/** No service is so far behind another that an honest chain is longer. */
export const maxActors = 4

const actors = (depth: number): z.ZodType<Act> => {
  const sub = z.string().min(1).max(200)
  return depth === 1 ? z.strictObject({ sub }) : z.strictObject({ sub, act: actors(depth - 1).optional() })
}

export const Act = actors(maxActors)

/** RFC 7662 §2.2. */
export const Introspection = z
  .object({
    active: z.boolean(),
    token_type: z.string().optional(),
    iss: z.string().optional(),
    aud: z.string().optional(),
    sub: z.string().optional(),
    client_id: z.string().optional(),
    scope: z.string().optional(),
    iat: z.number().optional(),
    exp: z.number().optional(),
    jti: z.string().optional(),
    tid: z.string().optional(),
    sid: z.string().optional(),
    kind: z.enum(principalKinds).optional(),
    own: z.string().optional().meta({ description: 'The person whom an API key acts for.' }),
    act: Act.optional().meta({ description: 'The services that a call came through (RFC 8693 §4.1).' }),
  })
  .meta({ id: 'Introspection' })
export type Introspection = z.infer<typeof Introspection>

export const introspectToken = {
  method: 'POST',
  url: '/api/auth/introspect',
  config: { access: 'tokens:introspect', kinds: ['service'], oauth: true },
  schema: {
    operationId: 'introspectToken',
    summary: 'Ask whether a token is good, and what it says (RFC 7662)',
    tags: ['Service tokens'],
    body: TokenInQuestion,
    response: { 200: Introspection },
  },
} as const satisfies Endpoint

export const revokeToken = {
  method: 'POST',
  url: '/api/auth/revoke',
  config: { access: 'tokens:revoke', kinds: ['service'], oauth: true },
  schema: {
    operationId: 'revokeToken',
    summary: 'Revoke a token (RFC 7009)',
    description:
      'A refresh or access token ends its session, an API key is deleted. An unknown token is a 200 too.',
    tags: ['Service tokens'],
    body: TokenInQuestion,
    response: { 200: NoContent },
  },
} as const satisfies Endpoint

/** RFC 8414 §2. */
export const AuthorizationServerMetadata = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  token_endpoint: z.string(),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  introspection_endpoint: z.string(),
  introspection_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint: z.string(),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  service_documentation: z.string(),
})
export type AuthorizationServerMetadata = z.infer<typeof AuthorizationServerMetadata>

export const getAuthorizationServerMetadata = {
  method: 'GET',
  url: '/.well-known/oauth-authorization-server',
  config: { access: 'public' },
  schema: {
    operationId: 'getAuthorizationServerMetadata',
    summary: 'Find the OAuth 2 endpoints and keys of this server (RFC 8414)',
    tags: ['Service tokens'],
    response: { 200: AuthorizationServerMetadata },
  },
} as const satisfies Endpoint
