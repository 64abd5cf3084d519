import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id, OpaqueToken } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { RoleName } from './roles.ts'
import { Timestamp } from './time.ts'
import { Membership } from './users.ts'

/** A place in a tenant that somebody is offered by e-mail. */
export const Invite = z
  .object({
    id: Id,
    tenantId: Id,
    email: Email,
    role: RoleName,
    status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
    invitedBy: Id.nullable().meta({ description: 'Who invited; null once they are erased.' }),
    createdAt: Timestamp,
    expiresAt: Timestamp,
    acceptedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Invite' })
export type Invite = z.infer<typeof Invite>

export const CreateInvite = z.strictObject({ email: Email, role: RoleName.default('member') })
export type CreateInvite = z.infer<typeof CreateInvite>

/** What an invite tells whoever holds its token. */
export const InviteOffer = z
  .object({
    tenantName: z.string(),
    email: z.string().meta({ description: 'Whom it is for; parts of the address can be masked.' }),
    role: RoleName,
    expiresAt: Timestamp,
  })
  .meta({ id: 'InviteOffer' })
export type InviteOffer = z.infer<typeof InviteOffer>

export const createInvite = {
  method: 'POST',
  url: '/api/tenants/:id/invites',
  config: { access: 'invites:write' },
  schema: {
    operationId: 'createInvite',
    summary: 'Invite somebody into a tenant',
    description:
      'They get the token by e-mail; nobody else does. A role that permits more than you may: 403.',
    tags: ['Tenants'],
    params: ById,
    headers: Idempotent,
    body: CreateInvite,
    response: { 201: Invite },
  },
} as const satisfies Endpoint

export const listInvites = {
  method: 'GET',
  url: '/api/tenants/:id/invites',
  config: { access: 'invites:read' },
  schema: {
    operationId: 'listInvites',
    summary: 'List the invites of a tenant',
    tags: ['Tenants'],
    params: ById,
    querystring: PageQuery,
    response: { 200: pageOf(Invite) },
  },
} as const satisfies Endpoint

export const revokeInvite = {
  method: 'DELETE',
  url: '/api/tenants/:id/invites/:inviteId',
  config: { access: 'invites:write' },
  schema: {
    operationId: 'revokeInvite',
    summary: 'Revoke an invite',
    tags: ['Tenants'],
    params: ById.extend({ inviteId: Id }),
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const validateInvite = {
  method: 'GET',
  url: '/api/tenants/invites/validate/:token',
  config: { access: 'public' },
  schema: {
    operationId: 'validateInvite',
    summary: 'Look at an invite before accepting it',
    description: '404 for an unknown token, 410 for an invite that is spent, revoked or expired.',
    tags: ['Tenants'],
    params: z.strictObject({ token: OpaqueToken }),
    response: { 200: InviteOffer },
  },
} as const satisfies Endpoint

/** As `validateInvite`, for clients that keep tokens out of addresses. */
export const inspectInvite = {
  method: 'POST',
  url: '/api/tenants/invites/validate',
  config: { access: 'public' },
  schema: {
    operationId: 'inspectInvite',
    summary: 'Look at an invite before accepting it, with the token in the body',
    tags: ['Tenants'],
    body: z.strictObject({ token: OpaqueToken }),
    response: { 200: InviteOffer },
  },
} as const satisfies Endpoint

export const acceptInvite = {
  method: 'POST',
  url: '/api/tenants/invites/accept',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'acceptInvite',
    summary: 'Join the tenant that an invite is from',
    description:
      'For who has an account already; go on there with `POST /api/auth/switch-tenant`. The invite must be for your ' +
      'own e-mail address. Somebody new registers with `inviteToken` instead.',
    tags: ['Tenants'],
    body: z.strictObject({ token: OpaqueToken }),
    response: { 200: Membership },
  },
} as const satisfies Endpoint

export const resendInvite = {
  method: 'POST',
  url: '/api/tenants/:id/invites/:inviteId/resend',
  config: { access: 'invites:write' },
  schema: {
    operationId: 'resendInvite',
    summary: 'Send an invite again',
    description: 'With a new token and a new end; the one that was sent before is void.',
    tags: ['Tenants'],
    params: ById.extend({ inviteId: Id }),
    response: { 200: Invite },
  },
} as const satisfies Endpoint
