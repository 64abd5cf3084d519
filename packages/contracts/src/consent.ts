import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Idempotent } from './http-semantics.ts'
import { Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { Timestamp } from './time.ts'

const ConsentType = z.enum(['marketing', 'analytics', 'essential', 'third_party'])

export const RecordConsent = z.strictObject({ consentType: ConsentType, granted: z.boolean() })
export type RecordConsent = z.infer<typeof RecordConsent>

/** One decision of a person, which no later one overwrites. */
export const ConsentRecord = z
  .object({
    id: Id,
    consentType: ConsentType,
    granted: z.boolean(),
    policyVersion: z.string().nullable().meta({ description: 'The privacy policy that was in force.' }),
    source: z.string().meta({ description: 'How it was given.', examples: ['account'] }),
    recordedAt: Timestamp,
  })
  .meta({ id: 'ConsentRecord' })
export type ConsentRecord = z.infer<typeof ConsentRecord>

/** Where a person stands on each type. What was never decided is not granted, but for `essential`. */
export const ConsentStatus = z
  .record(ConsentType, z.object({ granted: z.boolean(), recordedAt: Timestamp.nullable() }))
  .meta({ id: 'ConsentStatus' })
export type ConsentStatus = z.infer<typeof ConsentStatus>

export const getConsent = {
  method: 'GET',
  url: '/api/users/me/consent',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'getConsent',
    summary: 'Get what you have consented to',
    tags: ['Privacy'],
    response: { 200: ConsentStatus },
  },
} as const satisfies Endpoint

export const listConsentHistory = {
  method: 'GET',
  url: '/api/users/me/consent/history',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'listConsentHistory',
    summary: 'List every decision that you made on consent, newest first',
    tags: ['Privacy'],
    querystring: PageQuery,
    response: { 200: pageOf(ConsentRecord) },
  },
} as const satisfies Endpoint

export const recordConsent = {
  method: 'POST',
  url: '/api/users/me/consent',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'recordConsent',
    summary: 'Give or withdraw consent',
    description: 'Consent to what is `essential` cannot be withdrawn: 409.',
    tags: ['Privacy'],
    headers: Idempotent,
    body: RecordConsent,
    response: { 201: ConsentRecord },
  },
} as const satisfies Endpoint
