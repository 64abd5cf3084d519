import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Conditional, Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { PastTenant } from './past-tenant.ts'
import { GrantablePermission, PermissionList } from './permissions.ts'
import { line, paragraphs } from './text.ts'
import { Timestamp } from './time.ts'

/** What a role goes by in requests: accepted in any case and kept in lower case, so that no two differ by case alone. */
export const RoleName = z
  .string()
  .regex(/^[A-Za-z][\w-]{0,63}$/)
  .toLowerCase()
  .meta({ examples: ['tenant-admin'] })

/** `system`: one of the platform's own, which no tenant can change. */
const RoleCategory = z.enum(['system', 'administration', 'support', 'partner', 'custom'])

export const Role = z
  .object({
    id: Id,
    tenantId: Id.nullable().meta({ description: 'Null for a role of the system, which every tenant has.' }),
    name: RoleName,
    displayName: z.string(),
    description: z.string().nullable(),
    category: RoleCategory,
    permissions: z.array(GrantablePermission),
    isActive: z.boolean().meta({ description: 'A role that is switched off permits nothing.' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

export const CreateRole = z.strictObject({
  name: RoleName,
  displayName: line(100),
  description: paragraphs(1000).optional(),
  category: RoleCategory.exclude(['system']).default('custom'),
  permissions: PermissionList.default([]),
})
export type CreateRole = z.infer<typeof CreateRole>

export const UpdateRole = z.strictObject({
  displayName: line(100).optional(),
  description: paragraphs(1000).optional(),
  permissions: PermissionList.optional(),
  isActive: z.boolean().optional(),
})
export type UpdateRole = z.infer<typeof UpdateRole>

export const listRoles = {
  method: 'GET',
  url: '/api/roles',
  config: { access: 'roles:read', partner: true },
  schema: {
    operationId: 'listRoles',
    summary: "List the system's roles and the tenant's own",
    tags: ['Roles'],
    querystring: PageQuery.safeExtend(PastTenant.shape),
    response: { 200: pageOf(Role) },
  },
} as const satisfies Endpoint

export const getRole = {
  method: 'GET',
  url: '/api/roles/:id',
  config: { access: 'roles:read', partner: true },
  schema: {
    operationId: 'getRole',
    summary: 'Get a role',
    tags: ['Roles'],
    params: ById,
    querystring: PastTenant,
    response: { 200: Role },
  },
} as const satisfies Endpoint

export const PermissionEntry = z
  .object({
    name: GrantablePermission,
    description: z.string(),
    grantable: z
      .enum(['tenant', 'platform'])
      .meta({ description: "Whether roles of any tenant can have it, or only those of the platform's own." }),
  })
  .meta({ id: 'Permission' })

export const listPermissions = {
  method: 'GET',
  url: '/api/permissions',
  config: { access: 'roles:read', partner: true },
  schema: {
    operationId: 'listPermissions',
    summary: 'List all permissions that a role can have',
    tags: ['Roles'],
    response: { 200: z.object({ data: z.array(PermissionEntry) }) },
  },
} as const satisfies Endpoint

export const createRole = {
  method: 'POST',
  url: '/api/roles',
  config: { access: 'roles:write' },
  schema: {
    operationId: 'createRole',
    summary: 'Create a role',
    description: 'Nobody can put a permission into a role that they do not hold themselves: 403.',
    tags: ['Roles'],
    querystring: PastTenant,
    headers: Idempotent,
    body: CreateRole,
    response: { 201: Role },
  },
} as const satisfies Endpoint

export const updateRole = {
  method: 'PATCH',
  url: '/api/roles/:id',
  config: { access: 'roles:write' },
  schema: {
    operationId: 'updateRole',
    summary: 'Change a role',
    description: 'Only permissions that you hold yourself can be put in: 403. A role of the system: 409.',
    tags: ['Roles'],
    params: ById,
    querystring: PastTenant,
    headers: Conditional,
    body: UpdateRole,
    response: { 200: Role },
  },
} as const satisfies Endpoint

export const deleteRole = {
  method: 'DELETE',
  url: '/api/roles/:id',
  config: { access: 'roles:write' },
  schema: {
    operationId: 'deleteRole',
    summary: 'Delete a role',
    description: 'A role of the system, or one that somebody has: 409.',
    tags: ['Roles'],
    params: ById,
    querystring: PastTenant,
    headers: Conditional,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
