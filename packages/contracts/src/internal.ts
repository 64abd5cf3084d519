import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { Id } from './identifiers.ts'
import { Country } from './locale.ts'
import { GrantablePermission } from './permissions.ts'
import { platformTenantId } from './principal.ts'
import { CompanyName } from './registration.ts'
import { TenantBranding } from './tenant-settings.ts'
import { TenantStatus } from './tenants.ts'
import { PersonName } from './text.ts'
import { Membership, User } from './users.ts'

/** Who someone is, and what they may do now in the tenant that `user.tenantId` names. */
export const Authority = z.object({
  user: User,
  tenants: z.array(Membership),
  permissions: z.array(GrantablePermission),
  /** The active tenant, as far as signing in and mail depend on it. */
  tenant: z.object({
    name: z.string(),
    status: TenantStatus,
    /** As it was checked when it was set. */
    locale: z.string(),
    mfaRequired: z.boolean(),
    branding: TenantBranding,
  }),
})
export type Authority = z.infer<typeof Authority>

/** SHA-256 in hexadecimal. */
const Digest = z.string().regex(/^[0-9a-f]{64}$/)

export const RegisterPerson = z
  .strictObject({
    userId: Id,
    tenantId: Id,
    email: Email,
    firstName: PersonName,
    lastName: PersonName,
    companyName: CompanyName.optional(),
    country: Country.optional(),
    inviteDigest: Digest.optional().meta({
      description: 'SHA-256 of an invite token: joins its tenant, in place of `tenantId`.',
    }),
    platformAdministrator: z.literal(true).optional(),
    emailVerified: z.boolean().optional().meta({ description: 'Somebody trusted has verified the address.' }),
  })
  .refine((person) => (person.tenantId === platformTenantId) === (person.platformAdministrator === true), {
    path: ['platformAdministrator'],
    error: "The platform's own tenant takes its administrators, and nobody else",
  })
export type RegisterPerson = z.infer<typeof RegisterPerson>

/** Somebody, by e-mail, or by id and, where it matters, in which tenant. */
const Sought = z.union([
  z.strictObject({ email: Email }),
  z.strictObject({ userId: Id, tenantId: Id.optional() }),
])
export type Sought = z.infer<typeof Sought>

export const ResolvePrincipals = z.strictObject({ principals: z.array(Sought).min(1).max(100) })
export type ResolvePrincipals = z.infer<typeof ResolvePrincipals>

export const registerPerson = {
  method: 'POST',
  url: '/api/internal/registrations',
  config: { access: 'registrations:write', kinds: ['service'] },
  schema: {
    operationId: 'registerPerson',
    summary: 'Enter a new person and their tenant',
    description:
      'Safe to repeat: a `userId` is entered once. 409 `user.email_taken` if somebody else has the e-mail; 404 or 410 for an invite that is not good.',
    tags: ['Internal'],
    hide: true,
    body: RegisterPerson,
    response: { 200: Authority },
  },
} as const satisfies Endpoint

export const VerifyEmail = z.strictObject({ userId: Id, email: Email })
export type VerifyEmail = z.infer<typeof VerifyEmail>

export const verifyPersonsEmail = {
  method: 'POST',
  url: '/api/internal/principals/verify-email',
  config: { access: 'principals:write', kinds: ['service'] },
  schema: {
    operationId: 'verifyPersonsEmail',
    summary: 'Take note that somebody has proven their e-mail address',
    description: 'Safe to repeat. 404 `user.not_found` if the address is not theirs, or not any more.',
    tags: ['Internal'],
    hide: true,
    body: VerifyEmail,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const resolvePrincipals = {
  method: 'POST',
  url: '/api/internal/principals/resolve',
  config: { access: 'principals:read', kinds: ['service'] },
  schema: {
    operationId: 'resolvePrincipals',
    summary: 'Ask who people are and what they may do now',
    description: 'Answers in the order of the question; null where there is nobody like that.',
    tags: ['Internal'],
    hide: true,
    body: ResolvePrincipals,
    response: { 200: z.object({ principals: z.array(Authority.nullable()) }) },
  },
} as const satisfies Endpoint

export const ExaminePartnerToken = z.strictObject({
  clientId: Id,
  tenantId: Id,
  sessionId: z
    .string()
    .max(200)
    .meta({ description: 'The `sid` of the token, or of what it was exchanged for.' }),
})
export type ExaminePartnerToken = z.infer<typeof ExaminePartnerToken>

export const examinePartnerToken = {
  method: 'POST',
  url: '/api/internal/partner-tokens/examine',
  config: { access: 'tokens:introspect', kinds: ['service'] },
  schema: {
    operationId: 'examinePartnerToken',
    summary: "Ask whether what a partner's token stands on is there at this moment",
    description: 'For the time in which the revocation feed does not tell.',
    tags: ['Internal'],
    hide: true,
    body: ExaminePartnerToken,
    response: { 200: z.object({ active: z.boolean() }) },
  },
} as const satisfies Endpoint
