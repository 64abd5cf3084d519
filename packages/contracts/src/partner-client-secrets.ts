import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { PastTenant } from './past-tenant.ts'
import { Timestamp, TimestampInput } from './time.ts'

/** A secret of an OAuth 2 client, as it is shown ever after. */
export const PartnerClientSecret = z
  .object({
    id: Id,
    lastFour: z.string().meta({ description: 'Its last four characters.' }),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
    expiresAt: Timestamp.nullable(),
  })
  .meta({ id: 'PartnerClientSecret' })
export type PartnerClientSecret = z.infer<typeof PartnerClientSecret>

export const NewPartnerClientSecret = PartnerClientSecret.extend({
  clientSecret: z.string().meta({ description: 'The secret itself. It is shown this once.' }),
}).meta({ id: 'NewPartnerClientSecret' })
export type NewPartnerClientSecret = z.infer<typeof NewPartnerClientSecret>

export const listPartnerClientSecrets = {
  method: 'GET',
  url: '/api/partner/clients/:id/secrets',
  config: { access: 'partner-clients:read' },
  schema: {
    operationId: 'listPartnerClientSecrets',
    summary: 'List the secrets of an OAuth 2 client',
    description: 'One, or two while one is replaced, and when each was last used. The secrets are not shown.',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    response: { 200: z.object({ data: z.array(PartnerClientSecret) }) },
  },
} as const satisfies Endpoint

export const addPartnerClientSecret = {
  method: 'POST',
  url: '/api/partner/clients/:id/secrets',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'addPartnerClientSecret',
    summary: 'Give an OAuth 2 client a second secret',
    description:
      'Both are good, until you remove the one before or let it expire. Asks for all scopes that the client has: 403.',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    headers: Idempotent,
    body: z.strictObject({ expiresAt: TimestampInput.optional() }),
    response: { 201: NewPartnerClientSecret },
  },
} as const satisfies Endpoint

const OfClient = z.strictObject({ id: Id, secretId: Id })

export const expirePartnerClientSecret = {
  method: 'PATCH',
  url: '/api/partner/clients/:id/secrets/:secretId',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'expirePartnerClientSecret',
    summary: 'Let a secret of an OAuth 2 client expire',
    tags: ['Partner API'],
    params: OfClient,
    querystring: PastTenant,
    body: z.strictObject({
      expiresAt: TimestampInput.meta({ description: 'Only ever earlier than it would have.' }),
    }),
    response: { 200: PartnerClientSecret },
  },
} as const satisfies Endpoint

export const removePartnerClientSecret = {
  method: 'DELETE',
  url: '/api/partner/clients/:id/secrets/:secretId',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'removePartnerClientSecret',
    summary: 'Remove a secret of an OAuth 2 client',
    description:
      'It gets no token from then on, and those that it got are refused within a second. The last one stays: 409. Where that one leaked, add another first.',
    tags: ['Partner API'],
    params: OfClient,
    querystring: PastTenant,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
