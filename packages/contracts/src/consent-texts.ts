import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Idempotent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { Locale } from './locale.ts'
import { paragraphs } from './text.ts'
import { Timestamp } from './time.ts'

export const ConsentType = z.enum(['marketing', 'analytics', 'essential', 'third_party'])
export type ConsentType = z.infer<typeof ConsentType>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What people are shown in one language. */
export const Wording = z.object({
  locale: Locale,
  text: z.string(),
  sha256: Sha256.meta({ description: 'SHA-256 of the text in UTF-8, in hexadecimal.' }),
})
export type Wording = z.infer<typeof Wording>

/** What a tenant, as the controller, asks its people to agree to; never changed, only followed by a new version. */
export const ConsentText = z
  .object({
    id: Id,
    tenantId: Id,
    consentType: ConsentType,
    version: z.int().min(1).meta({ description: 'Counts up from 1, for each type.' }),
    wordings: z.array(Wording),
    publishedAt: Timestamp,
  })
  .meta({ id: 'ConsentText' })
export type ConsentText = z.infer<typeof ConsentText>

export const PublishConsentText = z.strictObject({
  consentType: ConsentType,
  wordings: z
    .array(z.strictObject({ locale: Locale, text: paragraphs(10_000) }))
    .min(1)
    .max(50)
    .refine(
      (wordings) => new Set(wordings.map(({ locale }) => locale)).size === wordings.length,
      'Must be one text a language',
    )
    .meta({ description: 'The same in each language; the first is shown to who reads none of them.' }),
})
export type PublishConsentText = z.infer<typeof PublishConsentText>

export const publishConsentText = {
  method: 'POST',
  url: '/api/tenants/:id/consent-texts',
  config: { access: 'tenants:write' },
  schema: {
    operationId: 'publishConsentText',
    summary: 'Publish what people are asked to consent to',
    description: 'It holds at once. Who has consented to an earlier version is to be asked again.',
    tags: ['Privacy'],
    params: ById,
    headers: Idempotent,
    body: PublishConsentText,
    response: { 201: ConsentText },
  },
} as const satisfies Endpoint

export const listConsentTexts = {
  method: 'GET',
  url: '/api/tenants/:id/consent-texts',
  config: { access: 'tenants:read' },
  schema: {
    operationId: 'listConsentTexts',
    summary: 'List every version of the texts that people consent to, newest first',
    tags: ['Privacy'],
    params: ById,
    querystring: PageQuery.safeExtend({ consentType: ConsentType.optional() }),
    response: { 200: pageOf(ConsentText) },
  },
} as const satisfies Endpoint
