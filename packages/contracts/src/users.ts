import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { Conditional, NoContent } from './http-semantics.ts'
import { ById, Id, OpaqueToken } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { PastTenant } from './past-tenant.ts'
import { GrantablePermission } from './permissions.ts'
import { RoleName } from './roles.ts'
import { line, PersonName } from './text.ts'
import { Timestamp } from './time.ts'

export const UserStatus = z.enum(['pending', 'active', 'suspended', 'deleted'])

/** A person, as a member of the active tenant. */
export const User = z
  .object({
    id: Id,
    email: Email,
    emailVerified: z.boolean(),
    firstName: z.string(),
    lastName: z.string(),
    status: UserStatus,
    tenantId: Id,
    roles: z.array(RoleName),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    lastLoginAt: Timestamp.nullable(),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** A tenant that a person belongs to, and what they are there. */
export const Membership = z
  .object({ id: Id, name: z.string(), roles: z.array(RoleName) })
  .meta({ id: 'Membership' })

/** The person themselves: also where else they belong, and what they may do in the active tenant. */
export const CurrentUser = User.extend({
  tenants: z.array(Membership),
  permissions: z.array(GrantablePermission),
}).meta({ id: 'CurrentUser' })
export type CurrentUser = z.infer<typeof CurrentUser>

export const UpdateProfile = z.strictObject({
  firstName: PersonName.optional(),
  lastName: PersonName.optional(),
})
export type UpdateProfile = z.infer<typeof UpdateProfile>

export const UpdateUser = UpdateProfile.extend({
  email: Email.optional(),
  status: UserStatus.exclude(['deleted']).optional(),
  roles: z.array(RoleName).max(50).optional().meta({ description: 'All of their roles from now on.' }),
})
export type UpdateUser = z.infer<typeof UpdateUser>

export const getMe = {
  method: 'GET',
  url: '/api/users/me',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'getMe',
    summary: 'Get your own profile, tenants, roles and permissions',
    tags: ['Users'],
    response: { 200: CurrentUser },
  },
} as const satisfies Endpoint

export const updateMe = {
  method: 'PATCH',
  url: '/api/users/me',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'updateMe',
    summary: 'Change your own name',
    tags: ['Users'],
    headers: Conditional,
    body: UpdateProfile,
    response: { 200: CurrentUser },
  },
} as const satisfies Endpoint

export const listUsers = {
  method: 'GET',
  url: '/api/users',
  config: { access: 'users:read', partner: true },
  schema: {
    operationId: 'listUsers',
    summary: 'List the people of the tenant',
    tags: ['Users'],
    querystring: PageQuery.safeExtend({
      ...PastTenant.shape,
      search: line(200).optional().meta({ description: 'Part of a name or an e-mail address.' }),
      status: UserStatus.optional(),
      role: RoleName.optional(),
      sort: z
        .enum([
          'createdAt',
          '-createdAt',
          'email',
          '-email',
          'lastName',
          '-lastName',
          'lastLoginAt',
          '-lastLoginAt',
        ])
        .default('-createdAt')
        .meta({ description: 'With a minus: from last to first.' }),
    }),
    response: { 200: pageOf(User) },
  },
} as const satisfies Endpoint

export const getUser = {
  method: 'GET',
  url: '/api/users/:id',
  config: { access: 'users:read', partner: true },
  schema: {
    operationId: 'getUser',
    summary: 'Get a person of the tenant',
    tags: ['Users'],
    params: ById,
    querystring: PastTenant,
    response: { 200: User },
  },
} as const satisfies Endpoint

export const updateUser = {
  method: 'PATCH',
  url: '/api/users/:id',
  config: { access: 'users:write', partner: true },
  schema: {
    operationId: 'updateUser',
    summary: 'Change a person of the tenant',
    description:
      'Changing `roles` also needs `roles:assign`. A new e-mail address holds once it has been confirmed by the link that ' +
      'is sent to it; the old one is told. The name and address of somebody who also belongs to other tenants are ' +
      'their own to change: 409.',
    tags: ['Users'],
    params: ById,
    querystring: PastTenant,
    headers: Conditional,
    body: UpdateUser,
    response: { 200: User },
  },
} as const satisfies Endpoint

export const deactivateUser = {
  method: 'POST',
  url: '/api/users/:id/deactivate',
  config: { access: 'users:write', partner: true },
  schema: {
    operationId: 'deactivateUser',
    summary: 'Suspend a person',
    description:
      'They are signed out everywhere. 409 for yourself and for the last administrator of the tenant.',
    tags: ['Users'],
    params: ById,
    querystring: PastTenant,
    response: { 200: User },
  },
} as const satisfies Endpoint

export const reactivateUser = {
  method: 'POST',
  url: '/api/users/:id/reactivate',
  config: { access: 'users:write', partner: true },
  schema: {
    operationId: 'reactivateUser',
    summary: 'Let a suspended person in again',
    tags: ['Users'],
    params: ById,
    querystring: PastTenant,
    response: { 200: User },
  },
} as const satisfies Endpoint

export const removeUser = {
  method: 'DELETE',
  url: '/api/users/:id',
  config: { access: 'users:write' },
  schema: {
    operationId: 'removeUser',
    summary: 'Remove a person from the tenant',
    description:
      'They are signed out of it, and stay in their other tenants; who has no other goes on in one of their own. 409 ' +
      'for yourself and for the last administrator.',
    tags: ['Users'],
    params: ById,
    querystring: PastTenant,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const leaveTenant = {
  method: 'DELETE',
  url: '/api/users/me/tenants/:id',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'leaveTenant',
    summary: 'Leave a tenant',
    description: 'The last administrator of a tenant stays: 409.',
    tags: ['Users'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const confirmEmail = {
  method: 'POST',
  url: '/api/users/confirm-email',
  config: { access: 'public' },
  schema: {
    operationId: 'confirmEmail',
    summary: 'Confirm a new e-mail address by the link that was sent to it',
    description: 'A token is good once, for 24 hours. Whose address changes is signed out everywhere.',
    tags: ['Users'],
    body: z.strictObject({ token: OpaqueToken }),
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
