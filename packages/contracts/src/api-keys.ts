import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Idempotent, NoContent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { GrantablePermission, PermissionList } from './permissions.ts'
import { line } from './text.ts'
import { Timestamp, TimestampInput } from './time.ts'

/** A key as it is shown ever after: enough to recognise it by, nothing to use it with. */
export const ApiKey = z
  .object({
    id: Id,
    tenantId: Id,
    userId: Id.meta({ description: 'Whose key it is: it never permits more than they may themselves.' }),
    name: z.string(),
    prefix: z.string(),
    lastFour: z.string(),
    scopes: z.array(GrantablePermission),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
    expiresAt: Timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

export const NewApiKey = ApiKey.extend({
  key: z.string().meta({ description: 'The key itself. It is shown this once.' }),
}).meta({ id: 'NewApiKey' })
export type NewApiKey = z.infer<typeof NewApiKey>

export const CreateApiKey = z.strictObject({
  name: line(100),
  userId: Id,
  scopes: PermissionList.min(1)
    .optional()
    .meta({ description: 'Left out: all that both its owner and you may do now.' }),
  expiresAt: TimestampInput.optional().meta({ description: 'Left out: never.' }),
})
export type CreateApiKey = z.infer<typeof CreateApiKey>

export const listApiKeys = {
  method: 'GET',
  url: '/api/api-keys',
  config: { access: 'api-keys:read', own: 'querystring.userId' },
  schema: {
    operationId: 'listApiKeys',
    summary: 'List API keys',
    description: "Your own (`userId`) need no permission; without `userId`, all of the tenant's.",
    tags: ['API keys'],
    querystring: PageQuery.safeExtend({ userId: Id.optional() }),
    response: { 200: pageOf(ApiKey) },
  },
} as const satisfies Endpoint

export const createApiKey = {
  method: 'POST',
  url: '/api/api-keys',
  config: { access: 'api-keys:write', own: 'body.userId', kinds: ['user'] },
  schema: {
    operationId: 'createApiKey',
    summary: 'Create an API key',
    description: 'For yourself it needs no permission. No key can make another key.',
    tags: ['API keys'],
    headers: Idempotent,
    body: CreateApiKey,
    response: { 201: NewApiKey },
  },
} as const satisfies Endpoint

/** The life of an access token: within less, one that the old key was exchanged for would outlive it. */
const leastOverlapSeconds = 600

export const RerollApiKey = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .refine((seconds) => seconds === 0 || seconds >= leastOverlapSeconds, 'Must be 0, or 600 and more')
    .default(86_400)
    .meta({
      description: 'How long the old key goes on working. Seconds; 0: not at all, else at least 600.',
    }),
  expiresAt: TimestampInput.optional().meta({
    description: 'When the new key ends. Left out: when the old one would have.',
  }),
})
export type RerollApiKey = z.infer<typeof RerollApiKey>

export const rerollApiKey = {
  method: 'POST',
  url: '/api/api-keys/:id/reroll',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'rerollApiKey',
    summary: 'Replace an API key by a new one',
    description:
      "The new key has the old one's name, and of its scopes those that its owner still holds. Another person's key " +
      'needs `api-keys:write`, and all of its scopes.',
    tags: ['API keys'],
    params: ById,
    headers: Idempotent,
    body: RerollApiKey,
    response: { 201: NewApiKey },
  },
} as const satisfies Endpoint

export const deleteApiKey = {
  method: 'DELETE',
  url: '/api/api-keys/:id',
  config: { access: 'signed-in' },
  schema: {
    operationId: 'deleteApiKey',
    summary: 'Delete an API key',
    description: "The key is refused everywhere from then on. Another person's key needs `api-keys:write`.",
    tags: ['API keys'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
