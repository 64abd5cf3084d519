import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { serviceNames } from './events.ts'
import { NoContent } from './http-semantics.ts'
import { Id } from './identifiers.ts'
import { Reauthentication } from './second-factors.ts'
import { Timestamp } from './time.ts'

/** What shows that it is the person themselves who asks. */
export const ErasureProof = Reauthentication.partial()
export type ErasureProof = z.infer<typeof ErasureProof>

/** What a service has erased: how many rows of which table, and when. */
export const Erased = z.object({ erased: z.record(z.string(), z.int().min(0)), erasedAt: Timestamp })
export type Erased = z.infer<typeof Erased>

/** What has become of a data subject's wish to be forgotten (GDPR Art. 17). It says nothing of who they were. */
export const ErasureRequest = z
  .object({
    id: z.uuid().meta({ description: 'Whoever knows it may follow the request: it cannot be guessed.' }),
    status: z.enum(['scheduled', 'running', 'completed', 'cancelled']),
    requestedAt: Timestamp,
    scheduledFor: Timestamp.meta({ description: 'When erasing begins; until then it can be cancelled.' }),
    completedAt: Timestamp.nullable().meta({ description: 'When the last service had erased its part.' }),
    isOverdue: z
      .boolean()
      .meta({ description: 'It should have been completed for an hour; it is still tried.' }),
    receipts: z
      .partialRecord(z.enum(serviceNames), Erased)
      .meta({ description: 'What each service that holds something has erased so far.' }),
  })
  .meta({ id: 'ErasureRequest' })
export type ErasureRequest = z.infer<typeof ErasureRequest>

export const eraseMyData = {
  method: 'POST',
  url: '/api/users/me/erase',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'eraseMyData',
    summary: 'Ask for all your personal data to be erased (GDPR Art. 17)',
    description:
      'With your password, and a code if you have a second factor; who has no password signs in again right before. You ' +
      'are signed out everywhere at once. Erasing begins after a time of grace, in which you can sign in and cancel. ' +
      'Asking again answers the request that is under way. 409 for the only administrator of a tenant with other people.',
    tags: ['Privacy'],
    // Fastify hands a body that is not there to the validator as null.
    body: ErasureProof.nullish(),
    response: { 202: ErasureRequest },
  },
} as const satisfies Endpoint

export const cancelErasure = {
  method: 'DELETE',
  url: '/api/users/me/erase',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'cancelErasure',
    summary: 'Cancel the erasure of your personal data, while it has not begun',
    tags: ['Privacy'],
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const getErasureRequest = {
  method: 'GET',
  url: '/api/erasure-requests/:id',
  config: { access: 'public' },
  schema: {
    operationId: 'getErasureRequest',
    summary: 'Follow an erasure request by its id',
    description: 'Without a credential, which who is erased has no more.',
    tags: ['Privacy'],
    params: z.strictObject({ id: z.uuid() }),
    response: { 200: ErasureRequest },
  },
} as const satisfies Endpoint

export const authoriseErasure = {
  method: 'POST',
  url: '/api/internal/auth/erasure-authorisations',
  config: { access: 'signed-in', kinds: ['user'], through: 'directory' },
  schema: {
    operationId: 'authoriseErasure',
    summary: 'Check that it is the caller who wants to be erased, and sign them out everywhere',
    tags: ['Internal'],
    hide: true,
    body: ErasureProof,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

const erasing = {
  method: 'POST',
  config: { access: 'erasures:write', kinds: ['service'] },
} as const
const schema = {
  tags: ['Internal'],
  hide: true,
  /** `tenantIds`: the tenants that were theirs alone, and are gone with them. */
  body: z.strictObject({ userId: Id, tenantIds: z.array(Id).max(500) }),
  response: { 200: Erased },
} as const

export const eraseAtAuth = {
  ...erasing,
  url: '/api/internal/auth/erasures',
  schema: { ...schema, operationId: 'eraseAtAuth', summary: 'Erase what auth holds on a person, once' },
} as const satisfies Endpoint

export const eraseAtPartnerGateway = {
  ...erasing,
  url: '/api/internal/partner-gateway/erasures',
  schema: {
    ...schema,
    operationId: 'eraseAtPartnerGateway',
    summary: 'Erase what the partner gateway holds on a person, once',
  },
} as const satisfies Endpoint

export const eraseAtAudit = {
  ...erasing,
  url: '/api/internal/audit/erasures',
  schema: {
    ...schema,
    /** `subjectIds`: of what is gone along with them, tenants that were theirs alone and invites. */
    body: z.strictObject({ userId: Id, subjectIds: z.array(Id).max(500) }),
    operationId: 'eraseAtAudit',
    summary:
      'Destroy the key that the log seals what is personal of a person with, once, and erase their messages',
  },
} as const satisfies Endpoint
