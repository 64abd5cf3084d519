import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { serviceNames } from './events.ts'
import { Id } from './identifiers.ts'
import { JsonRecord } from './json-record.ts'
import { Timestamp } from './time.ts'

/** Everything that the platform holds on a person (GDPR Art. 15 and 20): of each service, table by table. */
export const PersonalData = z
  .object({
    format: z.literal('gatehouse-personal-data'),
    version: z.literal(1),
    userId: Id,
    exportedAt: Timestamp,
    services: z.partialRecord(z.enum(serviceNames), z.record(z.string(), z.array(JsonRecord))),
  })
  .meta({ id: 'PersonalData' })

/** What has become of a person's wish to be forgotten (GDPR Art. 17). */
export const ErasureRequest = z
  .object({
    id: Id,
    status: z.enum(['scheduled', 'running', 'completed']),
    requestedAt: Timestamp,
    scheduledFor: Timestamp.meta({ description: 'When erasing begins.' }),
    completedAt: Timestamp.nullable().meta({ description: 'When the last service had erased its part.' }),
  })
  .meta({ id: 'ErasureRequest' })
export type ErasureRequest = z.infer<typeof ErasureRequest>

export const exportMyData = {
  method: 'GET',
  url: '/api/users/me/export',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'exportMyData',
    summary: 'Export all your personal data (GDPR Art. 15 and 20)',
    description:
      'One JSON document; with `Accept: application/zip` an archive with a file for each service and a page to read. ' +
      'Only within five minutes of signing in: 401 `auth.sign_in_again` later. An answer that breaks off is not whole; ' +
      'while a service is away there is none: 503.',
    tags: ['Privacy'],
    response: { 200: PersonalData },
  },
} as const satisfies Endpoint

export const eraseMyData = {
  method: 'POST',
  url: '/api/users/me/erase',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'eraseMyData',
    summary: 'Ask for all your personal data to be erased (GDPR Art. 17)',
    description:
      'Every service erases what it holds; asking again answers the request that is already under way.',
    tags: ['Privacy'],
    response: { 202: ErasureRequest },
  },
} as const satisfies Endpoint
