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
