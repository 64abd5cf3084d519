import * as z from 'zod'
import { factorKinds } from './auth-events.ts'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { ById, Id, OpaqueToken } from './identifiers.ts'
import { MfaCode, Tokens } from './sessions.ts'
import { Password } from './text.ts'
import { Timestamp } from './time.ts'

/** A second factor, without its secret. */
export const SecondFactor = z
  .object({
    id: Id,
    kind: z.enum(factorKinds),
    createdAt: Timestamp,
    confirmedAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'SecondFactor' })
export type SecondFactor = z.infer<typeof SecondFactor>

/** What an authenticator app needs to know. It is shown this once, and counts for nothing until a code confirms it. */
export const TotpEnrolment = z
  .object({
    secret: z.string().meta({ description: 'In base32, to be typed in.' }),
    uri: z.string().meta({ description: '`otpauth://totp/…`' }),
    qrCode: z.string().meta({ description: 'The URI as a QR code: an SVG image in a `data:` URL.' }),
  })
  .meta({ id: 'TotpEnrolment' })
export type TotpEnrolment = z.infer<typeof TotpEnrolment>

export const RecoveryCodes = z
  .object({
    recoveryCodes: z.array(z.string()).meta({ description: 'Each good once. They are shown this once.' }),
  })
  .meta({ id: 'RecoveryCodes' })
export type RecoveryCodes = z.infer<typeof RecoveryCodes>

export const ConfirmTotp = z.strictObject({ code: MfaCode })
export const Reauthentication = z.strictObject({ password: Password, mfaCode: MfaCode.optional() })
export type Reauthentication = z.infer<typeof Reauthentication>

export const listSecondFactors = {
  method: 'GET',
  url: '/api/users/me/mfa',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'listSecondFactors',
    summary: 'See your second factors, and how many recovery codes are left',
    tags: ['Second factor'],
    response: {
      200: z.object({ factors: z.array(SecondFactor), recoveryCodesLeft: z.int().min(0) }),
    },
  },
} as const satisfies Endpoint

export const enrolTotp = {
  method: 'POST',
  url: '/api/users/me/mfa/totp',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'enrolTotp',
    summary: 'Begin to set up an authenticator app',
    description:
      'Takes the password, and a code if you have a second factor of another kind. 409 if there is one already; ' +
      'remove it first. The secret waits 15 minutes to be confirmed.',
    tags: ['Second factor'],
    body: Reauthentication,
    response: { 201: TotpEnrolment },
  },
} as const satisfies Endpoint

export const confirmTotp = {
  method: 'POST',
  url: '/api/users/me/mfa/totp/confirm',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'confirmTotp',
    summary: 'Confirm the authenticator app by a code of it',
    description: 'From then on signing in asks for a code. That first one is spent.',
    tags: ['Second factor'],
    body: ConfirmTotp,
    response: { 200: RecoveryCodes },
  },
} as const satisfies Endpoint

export const removeSecondFactor = {
  method: 'POST',
  url: '/api/users/me/mfa/:id/remove',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'removeSecondFactor',
    summary: 'Remove a second factor',
    description:
      'Takes the password and a code, which may be a recovery code. The last one takes the recovery codes with it.',
    tags: ['Second factor'],
    params: ById,
    body: Reauthentication,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const regenerateRecoveryCodes = {
  method: 'POST',
  url: '/api/users/me/mfa/recovery-codes',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'regenerateRecoveryCodes',
    summary: 'Get a new set of recovery codes in place of the old one',
    description: 'Takes the password and a code.',
    tags: ['Second factor'],
    body: Reauthentication,
    response: { 200: RecoveryCodes },
  },
} as const satisfies Endpoint

const EnrolmentToken = OpaqueToken.meta({
  description:
    'Of the answer `mfa_enrolment_required` to a login. Good for five minutes, and for this alone.',
})

export const beginMfaEnrolment = {
  method: 'POST',
  url: '/api/auth/mfa/enrol',
  config: { access: 'public' },
  schema: {
    operationId: 'beginMfaEnrolment',
    summary: 'Set up an authenticator app, where the tenant lets nobody in without',
    tags: ['Signing in'],
    body: z.strictObject({ enrolmentToken: EnrolmentToken }),
    response: { 201: TotpEnrolment },
  },
} as const satisfies Endpoint

export const finishMfaEnrolment = {
  method: 'POST',
  url: '/api/auth/mfa/enrol/confirm',
  config: { access: 'public' },
  schema: {
    operationId: 'finishMfaEnrolment',
    summary: 'Confirm the authenticator app, and sign in',
    description: 'An enrolment token is good for five tries.',
    tags: ['Signing in'],
    body: z.strictObject({ enrolmentToken: EnrolmentToken, code: MfaCode }),
    response: { 200: Tokens.extend(RecoveryCodes.shape) },
  },
} as const satisfies Endpoint
