import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { JsonRecord } from './json-record.ts'

/** Something that a service holds on a person: which table it is of, and what it says. */
export const PersonalRecord = z.object({ table: z.string(), record: JsonRecord })
export type PersonalRecord = z.infer<typeof PersonalRecord>

/** A part of what a service holds on a person; the records of a table come together. */
const Part = z.object({ records: z.array(PersonalRecord), nextCursor: z.string().nullable() })
export type PersonalDataPart = z.infer<typeof Part>

const Where = z.strictObject({
  cursor: z
    .string()
    .regex(/^[\w.:-]{1,200}$/)
    .optional(),
})

const config = { access: 'signed-in', kinds: ['user'], through: 'directory' } as const

export const readAuthsPersonalData = {
  method: 'GET',
  url: '/api/internal/auth/personal-data',
  config,
  schema: {
    operationId: 'readAuthsPersonalData',
    summary: 'Read what auth holds on the caller',
    description: '401 `auth.sign_in_again` to who has not proven themselves within five minutes.',
    tags: ['Internal'],
    hide: true,
    querystring: Where,
    response: { 200: Part },
  },
} as const satisfies Endpoint

export const readAuditsPersonalData = {
  method: 'GET',
  url: '/api/internal/audit/personal-data',
  config,
  schema: {
    operationId: 'readAuditsPersonalData',
    summary: 'Read what the log says that the caller did, and of them',
    tags: ['Internal'],
    hide: true,
    querystring: Where,
    response: { 200: Part },
  },
} as const satisfies Endpoint

export const readPartnerGatewaysPersonalData = {
  method: 'GET',
  url: '/api/internal/partner-gateway/personal-data',
  config,
  schema: {
    operationId: 'readPartnerGatewaysPersonalData',
    summary: 'Read what the partner gateway holds on the caller',
    tags: ['Internal'],
    hide: true,
    querystring: Where,
    response: { 200: Part },
  },
} as const satisfies Endpoint
