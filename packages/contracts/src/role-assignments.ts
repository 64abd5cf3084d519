import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { PastTenant } from './past-tenant.ts'
import { Role, RoleName } from './roles.ts'

const ByUserId = z.strictObject({ userId: Id })

/** Roles by their names; those that change nothing are no fault. */
export const RoleNames = z.strictObject({ roles: z.array(RoleName).min(1).max(50) })
export type RoleNames = z.infer<typeof RoleNames>

export const listUserRoles = {
  method: 'GET',
  url: '/api/roles/users/:userId',
  config: { access: 'roles:read', own: 'params.userId', partner: true },
  schema: {
    operationId: 'listUserRoles',
    summary: "List a person's roles in the tenant",
    description: 'Your own need no permission.',
    tags: ['Roles'],
    params: ByUserId,
    querystring: PageQuery.safeExtend(PastTenant.shape),
    response: { 200: pageOf(Role) },
  },
} as const satisfies Endpoint

export const assignRoles = {
  method: 'POST',
  url: '/api/roles/users/:userId/assign',
  config: { access: 'roles:assign' },
  schema: {
    operationId: 'assignRoles',
    summary: 'Give a person roles',
    description: 'Answers all of their roles. A role that permits more than you may yourself: 403.',
    tags: ['Roles'],
    params: ByUserId,
    querystring: PastTenant,
    body: RoleNames,
    response: { 200: pageOf(Role) },
  },
} as const satisfies Endpoint

export const removeRoles = {
  method: 'POST',
  url: '/api/roles/users/:userId/remove',
  config: { access: 'roles:assign' },
  schema: {
    operationId: 'removeRoles',
    summary: 'Take roles away from a person',
    description: 'Answers the roles that they still have. The last administrator of a tenant stays one: 409.',
    tags: ['Roles'],
    params: ByUserId,
    querystring: PastTenant,
    body: RoleNames,
    response: { 200: pageOf(Role) },
  },
} as const satisfies Endpoint
