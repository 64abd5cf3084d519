import * as z from 'zod'
import type { EventDeclarations } from './event.ts'

/** Why a client gets no token. */
export const partnerTokenRefusals = [
  'unknown_client',
  'wrong_secret',
  'address_not_allowed',
  'tenant_not_active',
  'unsupported_grant_type',
  'scope_not_granted',
] as const
export type PartnerTokenRefusal = (typeof partnerTokenRefusals)[number]

/** How a call of a client that was let in ended: with an answer, or at the gateway, as malformed or for want of a service behind. */
export const partnerCallOutcomes = ['answered', 'refused', 'failed'] as const
export type PartnerCallOutcome = (typeof partnerCallOutcomes)[number]

/** Everything that the partner gateway tells of. */
export const partnerGatewayEvents = {
  'oauth_client.created': {
    version: 1,
    person: 'nobody',
    summary: 'An OAuth 2 client was created for a partner.',
    data: z.object({ name: z.string(), scopes: z.array(z.string()) }),
  },
  'oauth_client.updated': {
    version: 1,
    person: 'nobody',
    summary: "A partner's OAuth 2 client was changed.",
    data: z.object({ name: z.string() }),
  },
  'oauth_client.revoked': {
    version: 1,
    person: 'nobody',
    summary:
      "A partner's OAuth 2 client was revoked: it gets no more tokens, and those that it had are refused.",
    data: z.object({ name: z.string() }),
  },
  'oauth_client.deleted': {
    version: 1,
    person: 'nobody',
    summary: "A partner's OAuth 2 client was deleted.",
    data: z.object({ name: z.string() }),
  },
  'oauth_client.secret_added': {
    version: 1,
    person: 'nobody',
    summary: "A partner's OAuth 2 client was given another secret.",
    data: z.object({ name: z.string(), credentialId: z.uuid(), expiresAt: z.string().nullable() }),
  },
  'oauth_client.secret_expired': {
    version: 1,
    person: 'nobody',
    summary: "A secret of a partner's OAuth 2 client was given an end.",
    data: z.object({ name: z.string(), credentialId: z.uuid(), expiresAt: z.string() }),
  },
  'oauth_client.secret_removed': {
    version: 1,
    person: 'nobody',
    summary: "A secret of a partner's OAuth 2 client was removed.",
    data: z.object({ name: z.string(), credentialId: z.uuid() }),
  },
  'partner_token.issued': {
    version: 1,
    person: 'nobody',
    summary: "A partner's client was given an access token.",
    data: z.object({ clientId: z.uuid(), credentialId: z.uuid(), scope: z.string() }),
  },
  'partner_token.refused': {
    version: 1,
    person: 'nobody',
    summary: "Somebody asked for a token of a partner's client and was refused.",
    data: z.object({ clientId: z.uuid().nullable(), reason: z.enum(partnerTokenRefusals) }),
  },
  'partner_token.revoked': {
    version: 1,
    person: 'nobody',
    summary: "A partner's client gave an access token up.",
    data: z.object({ clientId: z.uuid() }),
  },
  'partner_api.called': {
    version: 1,
    person: 'nobody',
    summary: "A partner's client called the partner API, or was let through to something else.",
    data: z.object({
      method: z.string(),
      route: z.string().meta({ examples: ['/api/partner/v1/users/:id'] }),
      permission: z.string().nullable(),
      outcome: z.enum(partnerCallOutcomes),
      /** The code of the problem that it ended in at the gateway. */
      reason: z.string().nullable(),
      /** How many there were of the same client, route and outcome, from `since` on. */
      count: z.int().positive(),
      since: z.iso.datetime(),
    }),
  },
  'partner_signing_key.created': {
    version: 1,
    person: 'nobody',
    summary: "A key to sign partners' access tokens with was made and published.",
    data: z.object({ kid: z.string(), activatesAt: z.string() }),
  },
} as const satisfies EventDeclarations
