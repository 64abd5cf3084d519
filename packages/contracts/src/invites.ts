import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id, OpaqueToken } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { RoleName } from './roles.ts'
import { Timestamp } from './time.ts'

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
