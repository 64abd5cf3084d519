import * as z from 'zod'
import { ConsentType, Wording } from './consent-texts.ts'
import type { Endpoint } from './endpoint.ts'
import { Idempotent } from './http-semantics.ts'
import { Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { Locale } from './locale.ts'
import { Timestamp } from './time.ts'

const Version = z.int().min(1).max(2_147_483_647)

/** Where a person was asked. */
export const ConsentSource = z.enum(['account', 'registration', 'banner', 'form', 'support'])

export const RecordConsent = z.strictObject({
  consentType: ConsentType,
  granted: z.boolean(),
  version: Version.optional().meta({
    description:
      'Of the text that was shown; 409 to a grant if it is not the one in force, which is assumed without it.',
  }),
  locale: Locale.optional().meta({ description: 'The language that it was shown in.' }),
  source: ConsentSource.default('account').meta({ description: 'Where they were asked.' }),
})
export type RecordConsent = z.infer<typeof RecordConsent>

/** One decision of a person, which no later one overwrites. */
export const ConsentRecord = z
  .object({
    id: Id,
    consentType: ConsentType,
    granted: z.boolean(),
    version: Version.nullable().meta({ description: 'Of the text shown; null where the tenant had none.' }),
    sha256: Wording.shape.sha256.nullable(),
    locale: Locale.nullable(),
    source: ConsentSource,
    recordedAt: Timestamp,
  })
  .meta({ id: 'ConsentRecord' })
export type ConsentRecord = z.infer<typeof ConsentRecord>

const State = z.object({
  granted: z
    .boolean()
    .meta({ description: 'Their last decision. Before any: no, but what is `essential` needs none.' }),
  recordedAt: Timestamp.nullable().meta({ description: 'When they decided; null: never.' }),
  version: Version.nullable().meta({ description: 'Of the text that they decided on.' }),
  needsRenewal: z.boolean().meta({
    description: 'They have consented, but the tenant has published another text since: ask again.',
  }),
  text: Wording.extend({ version: Version })
    .nullable()
    .meta({ description: 'What to show who is asked now; null where the tenant has published nothing.' }),
})

/** Where a person stands on each type. */
export const ConsentStatus = z.record(ConsentType, State).meta({ id: 'ConsentStatus' })
export type ConsentStatus = z.infer<typeof ConsentStatus>

export const getConsent = {
  method: 'GET',
  url: '/api/users/me/consent',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'getConsent',
    summary: 'Get what you have consented to',
    description: 'Of the active tenant, which is the controller: each asks for itself.',
    tags: ['Privacy'],
    querystring: z.strictObject({
      locale: Locale.optional().meta({ description: 'The language of the texts, where there are several.' }),
    }),
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
    description: 'It holds at once. Consent to what is `essential` cannot be withdrawn: 409.',
    tags: ['Privacy'],
    headers: Idempotent,
    body: RecordConsent,
    response: { 201: ConsentRecord },
  },
} as const satisfies Endpoint
