import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { PublicKey } from './jwks.ts'
import { AuthorizationServerMetadata, Introspection } from './tokens.ts'

const parameter = z.string().min(1).max(1024)

// Not strict: "The authorization server MUST ignore unrecognized request parameters" (RFC 6749 §3.2).
const GrantRequest = z.object({
  grant_type: parameter.meta({ description: 'Always `client_credentials`.' }),
  scope: z
    .string()
    .max(1024)
    .optional()
    .meta({ description: 'Separated by spaces. Left out: all that the client has.' }),
})

const WithCredentials = GrantRequest.extend({
  client_id: parameter,
  client_secret: parameter.meta({ format: 'password', writeOnly: true }),
})

const WithBasic = GrantRequest.extend({
  client_id: z.string().max(1024).optional().meta({ description: 'The same as in the header, if at all.' }),
  client_secret: z.string().max(0).optional().meta({ description: 'In the header alone.' }),
})

/**
 * RFC 6749 §4.4.2, with the client's credentials (§2.3.1) in the body, or in the header of HTTP Basic. A parameter
 * without a value counts as left out (§3.2).
 */
export const PartnerTokenRequest = z.union([WithCredentials, WithBasic])
export type PartnerTokenRequest = z.infer<typeof PartnerTokenRequest>

/** RFC 6749 §5.1; a client's own credentials bring no refresh token (§4.4.3). */
export const PartnerToken = z
  .object({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().positive(),
    scope: z.string(),
  })
  .meta({ id: 'PartnerToken' })
export type PartnerToken = z.infer<typeof PartnerToken>

export const issuePartnerToken = {
  method: 'POST',
  url: '/api/partner/oauth/token',
  config: { access: 'public', oauth: true },
  schema: {
    operationId: 'issuePartnerToken',
    summary: "Get an access token with a client's credentials (RFC 6749 §4.4)",
    description: 'Form-encoded, or JSON. The credentials go into the body or into HTTP Basic, not both.',
    tags: ['Partner API'],
    body: PartnerTokenRequest,
    response: { 200: PartnerToken },
  },
} as const satisfies Endpoint

/** "The client MUST use the HTTP "POST" method" (RFC 6749 §3.2). */
export const refusePartnerTokenByGet = {
  method: 'GET',
  url: '/api/partner/oauth/token',
  config: { access: 'public', oauth: true },
  schema: {
    operationId: 'refusePartnerTokenByGet',
    summary: 'Refuses: a token is asked for by POST',
    tags: ['Partner API'],
    hide: true,
    response: {},
  },
} as const satisfies Endpoint

const TokenInQuestion = z.object({
  token: OpaqueToken,
  token_type_hint: z.string().max(100).optional(),
  client_id: z.string().max(1024).optional(),
  client_secret: z
    .string()
    .max(1024)
    .optional()
    .meta({ format: 'password', writeOnly: true, description: 'Left out with HTTP Basic.' }),
})

export const introspectPartnerToken = {
  method: 'POST',
  url: '/api/partner/oauth/introspect',
  config: { access: 'public', oauth: true },
  schema: {
    operationId: 'introspectPartnerToken',
    summary: 'Ask whether a token of your client is good, and what it says (RFC 7662)',
    description:
      'With the credentials of the client, as at the token endpoint. Others’ tokens are not active.',
    tags: ['Partner API'],
    body: TokenInQuestion,
    response: { 200: Introspection },
  },
} as const satisfies Endpoint

export const revokePartnerToken = {
  method: 'POST',
  url: '/api/partner/oauth/revoke',
  config: { access: 'public', oauth: true },
  schema: {
    operationId: 'revokePartnerToken',
    summary: 'Revoke a token of your client (RFC 7009)',
    description:
      'With the credentials of the client, as at the token endpoint. It is refused everywhere within a second. What is no token is a 200 too.',
    tags: ['Partner API'],
    body: TokenInQuestion,
    response: { 200: NoContent },
  },
} as const satisfies Endpoint

export const getPartnerJwks = {
  method: 'GET',
  url: '/api/partner/.well-known/jwks.json',
  config: { access: 'public' },
  schema: {
    operationId: 'getPartnerJwks',
    summary: "Get the keys that partners' access tokens are verified with",
    tags: ['Partner API'],
    response: { 200: z.object({ keys: z.array(PublicKey) }) },
  },
} as const satisfies Endpoint

/** The path of the issuer, `/api/partner`, stands behind the well-known one (RFC 8414 §3.1). */
export const getPartnerServerMetadata = {
  method: 'GET',
  url: '/.well-known/oauth-authorization-server/api/partner',
  config: { access: 'public' },
  schema: {
    operationId: 'getPartnerServerMetadata',
    summary: 'Find the OAuth 2 endpoints and keys for partners (RFC 8414)',
    tags: ['Partner API'],
    response: { 200: AuthorizationServerMetadata },
  },
} as const satisfies Endpoint
