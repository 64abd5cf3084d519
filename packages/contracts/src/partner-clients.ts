import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Conditional, Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { AddressRange } from './network.ts'
import { PastTenant } from './past-tenant.ts'
import type { Permission } from './permissions.ts'
import { line } from './text.ts'
import { Timestamp } from './time.ts'

/** What a partner can be let do: the permissions of the endpoints that are open to partners. */
export const partnerScopes = [
  'users:read',
  'users:write',
  'roles:read',
  'tenants:read',
  'audit:read',
] as const satisfies readonly Permission[]

const PartnerScope = z.enum(partnerScopes)

/** An OAuth 2 client (RFC 6749 §2) that a partner calls the API with. */
export const PartnerClient = z
  .object({
    id: Id,
    tenantId: Id,
    clientId: z.string(),
    name: z.string(),
    scopes: z.array(PartnerScope),
    rateLimitPerMinute: z.int(),
    allowedIps: z.array(z.string()),
    status: z.enum(['active', 'revoked']),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
    revokedAt: Timestamp.nullable(),
  })
  .meta({ id: 'PartnerClient' })
export type PartnerClient = z.infer<typeof PartnerClient>

export const NewPartnerClient = PartnerClient.extend({
  clientSecret: z.string().meta({ description: 'The secret itself. It is shown this once.' }),
}).meta({ id: 'NewPartnerClient' })
export type NewPartnerClient = z.infer<typeof NewPartnerClient>

const changeable = {
  name: line(100),
  scopes: z
    .array(PartnerScope)
    .min(1)
    .max(100)
    .overwrite((scopes) => [...new Set(scopes)]),
  rateLimitPerMinute: z.int().min(1).max(100_000),
  allowedIps: z.array(AddressRange).max(100).meta({
    description: 'Addresses and networks (CIDR), IPv4 and IPv6, that it may call from. None: from anywhere.',
  }),
}

export const CreatePartnerClient = z.strictObject({
  ...changeable,
  rateLimitPerMinute: changeable.rateLimitPerMinute.default(600),
  allowedIps: changeable.allowedIps.default([]),
})
export type CreatePartnerClient = z.infer<typeof CreatePartnerClient>

export const UpdatePartnerClient = z.strictObject(changeable).partial()
export type UpdatePartnerClient = z.infer<typeof UpdatePartnerClient>

export const createPartnerClient = {
  method: 'POST',
  url: '/api/partner/clients',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'createPartnerClient',
    summary: 'Create an OAuth 2 client for a partner',
    description: 'Only scopes that you hold yourself can be given: 403.',
    tags: ['Partner API'],
    querystring: PastTenant,
    headers: Idempotent,
    body: CreatePartnerClient,
    response: { 201: NewPartnerClient },
  },
} as const satisfies Endpoint

export const listPartnerClients = {
  method: 'GET',
  url: '/api/partner/clients',
  config: { access: 'partner-clients:read' },
  schema: {
    operationId: 'listPartnerClients',
    summary: "List the tenant's OAuth 2 clients",
    tags: ['Partner API'],
    querystring: PageQuery.safeExtend(PastTenant.shape),
    response: { 200: pageOf(PartnerClient) },
  },
} as const satisfies Endpoint

export const getPartnerClient = {
  method: 'GET',
  url: '/api/partner/clients/:id',
  config: { access: 'partner-clients:read' },
  schema: {
    operationId: 'getPartnerClient',
    summary: 'Get an OAuth 2 client',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    response: { 200: PartnerClient },
  },
} as const satisfies Endpoint

export const updatePartnerClient = {
  method: 'PATCH',
  url: '/api/partner/clients/:id',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'updatePartnerClient',
    summary: 'Change an OAuth 2 client',
    description:
      'It holds within a second. Who adds a scope holds all those that the client has then: 403; taking away is free.',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    headers: Conditional,
    body: UpdatePartnerClient,
    response: { 200: PartnerClient },
  },
} as const satisfies Endpoint

export const revokePartnerClient = {
  method: 'POST',
  url: '/api/partner/clients/:id/revoke',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'revokePartnerClient',
    summary: 'Revoke an OAuth 2 client',
    description: 'It is kept, but gets no more tokens, and those that it has are refused.',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    response: { 200: PartnerClient },
  },
} as const satisfies Endpoint

export const deletePartnerClient = {
  method: 'DELETE',
  url: '/api/partner/clients/:id',
  config: { access: 'partner-clients:write' },
  schema: {
    operationId: 'deletePartnerClient',
    summary: 'Delete an OAuth 2 client for good',
    tags: ['Partner API'],
    params: ById,
    querystring: PastTenant,
    headers: Conditional,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
