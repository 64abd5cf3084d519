import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { serviceNames } from './events.ts'
import { line } from './text.ts'

export const ServiceTokenRequest = z.strictObject({
  serviceName: line(64),
  serviceSecret: z.string().min(1).max(1024).meta({ format: 'password', writeOnly: true }),
  audience: z
    .enum(['gatehouse', ...serviceNames])
    .default('gatehouse')
    .meta({ description: 'The one service that the token is for; `gatehouse`: whichever is called.' }),
})
export type ServiceTokenRequest = z.infer<typeof ServiceTokenRequest>

export const ServiceToken = z
  .object({
    accessToken: z.string().meta({ description: 'A JWT (RFC 9068), to be sent as `Authorization: Bearer`.' }),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().positive().meta({ description: 'Seconds that the token lives.' }),
  })
  .meta({ id: 'ServiceToken' })
export type ServiceToken = z.infer<typeof ServiceToken>

export const issueServiceToken = {
  method: 'POST',
  url: '/api/v1/auth/service-token',
  config: { access: 'public' },
  schema: {
    operationId: 'issueServiceToken',
    summary: 'Get a token for a service account',
    tags: ['Service tokens'],
    body: ServiceTokenRequest,
    response: { 200: ServiceToken },
  },
} as const satisfies Endpoint
