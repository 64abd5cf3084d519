import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Conditional, Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { JsonRecord, JsonRecordInput } from './json-record.ts'
import { PageQuery, pageOf } from './lists.ts'
import { Country } from './locale.ts'
import { line } from './text.ts'
import { Timestamp } from './time.ts'
import { UserStatus } from './users.ts'

const TenantType = z.enum(['customer', 'partner', 'internal'])

export const TenantStatus = z.enum(['active', 'suspended', 'deleted'])

/** A name that fits into an address, accepted in any case and kept in lower case. */
const Slug = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/)
  .toLowerCase()
  .meta({ examples: ['analytical-engines'] })

/** An organisation, and everything that is confined to it. */
export const Tenant = z
  .object({
    id: Id,
    name: z.string(),
    slug: Slug.meta({ description: 'What the tenant goes by in addresses; once across the platform.' }),
    type: TenantType,
    country: Country.nullable(),
    config: JsonRecord,
    status: TenantStatus,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Tenant' })
export type Tenant = z.infer<typeof Tenant>

export const CreateTenant = z.strictObject({
  name: line(200),
  type: TenantType,
  country: Country,
  slug: Slug.optional().meta({ description: 'Left out: made from the name.' }),
  config: JsonRecordInput.optional().meta({
    description: 'Whatever the products of the platform keep per tenant.',
  }),
})
export type CreateTenant = z.infer<typeof CreateTenant>

export const UpdateTenant = CreateTenant.partial()
export type UpdateTenant = z.infer<typeof UpdateTenant>

export const UserCount = z
  .object({
    count: z.int().min(0),
    byStatus: z.record(UserStatus, z.int().min(0)),
  })
  .meta({ id: 'UserCount' })
export type UserCount = z.infer<typeof UserCount>

export const createTenant = {
  method: 'POST',
  url: '/api/tenants',
  config: { access: 'tenants:create' },
  schema: {
    operationId: 'createTenant',
    summary: 'Create a tenant',
    tags: ['Tenants'],
    headers: Idempotent,
    body: CreateTenant,
    response: { 201: Tenant },
  },
} as const satisfies Endpoint

export const listTenants = {
  method: 'GET',
  url: '/api/tenants',
  config: { access: 'tenants:read', partner: true },
  schema: {
    operationId: 'listTenants',
    summary: 'List your tenants; all of them for an administrator of the platform',
    tags: ['Tenants'],
    querystring: PageQuery.safeExtend({ type: TenantType.optional() }),
    response: { 200: pageOf(Tenant) },
  },
} as const satisfies Endpoint

export const getTenant = {
  method: 'GET',
  url: '/api/tenants/:id',
  config: { access: 'tenants:read', partner: true },
  schema: {
    operationId: 'getTenant',
    summary: 'Get a tenant',
    tags: ['Tenants'],
    params: ById,
    response: { 200: Tenant },
  },
} as const satisfies Endpoint

export const updateTenant = {
  method: 'PATCH',
  url: '/api/tenants/:id',
  config: { access: 'tenants:write' },
  schema: {
    operationId: 'updateTenant',
    summary: 'Change a tenant',
    description: 'Changing `type` or `slug` also needs `platform:write`. `config` is replaced as a whole.',
    tags: ['Tenants'],
    params: ById,
    headers: Conditional,
    body: UpdateTenant,
    response: { 200: Tenant },
  },
} as const satisfies Endpoint

export const deleteTenant = {
  method: 'DELETE',
  url: '/api/tenants/:id',
  config: { access: 'tenants:delete' },
  schema: {
    operationId: 'deleteTenant',
    summary: 'Delete a tenant',
    description: 'Everything in it is refused from then on; it is gone for good after a time of grace.',
    tags: ['Tenants'],
    params: ById,
    headers: Conditional,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

const act = <Action extends string, OperationId extends string>(
  action: Action,
  operationId: OperationId,
  text: { summary: string; description: string },
) =>
  ({
    method: 'POST',
    url: `/api/tenants/:id/${action}`,
    config: { access: 'tenants:delete' },
    schema: { operationId, ...text, tags: ['Tenants'], params: ById, response: { 200: Tenant } },
  }) as const satisfies Endpoint

export const suspendTenant = act('suspend', 'suspendTenant', {
  summary: 'Suspend a tenant',
  description: 'Everything in it is refused from then on, and nothing is lost.',
})

export const reactivateTenant = act('reactivate', 'reactivateTenant', {
  summary: 'Let the people of a suspended tenant in again',
  description: 'A deleted tenant is restored instead: 409.',
})

export const restoreTenant = act('restore', 'restoreTenant', {
  summary: 'Restore a deleted tenant',
  description: 'As long as it is not gone for good; 409 if it is not deleted.',
})

export const countUsers = {
  method: 'GET',
  url: '/api/tenants/:id/user-count',
  config: { access: 'tenants:read', partner: true },
  schema: {
    operationId: 'countUsers',
    summary: 'Count the people of a tenant',
    tags: ['Tenants'],
    params: ById,
    response: { 200: UserCount },
  },
} as const satisfies Endpoint
