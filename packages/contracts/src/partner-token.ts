import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'

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
