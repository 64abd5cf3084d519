import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { line, NewPassword, Password } from './text.ts'

export const ChangePassword = z.strictObject({ currentPassword: Password, newPassword: NewPassword })
export type ChangePassword = z.infer<typeof ChangePassword>

export const changePassword = {
  method: 'POST',
  url: '/api/users/me/change-password',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'changePassword',
    summary: 'Change your own password',
    description:
      'Every other session of yours ends, and links that were sent to you are void. 403 `password.wrong_current` if the ' +
      'current one is wrong, or if you have none.',
    tags: ['Users'],
    body: ChangePassword,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const ForgotPassword = z.strictObject({ email: Email })
export type ForgotPassword = z.infer<typeof ForgotPassword>

export const forgotPassword = {
  method: 'POST',
  url: '/api/auth/forgot-password',
  config: { access: 'public' },
  schema: {
    operationId: 'forgotPassword',
    summary: 'Have a link sent to set a new password by',
    description: 'The answer is the same for an address that nobody has.',
    tags: ['Signing in'],
    body: ForgotPassword,
    response: { 202: NoContent },
  },
} as const satisfies Endpoint

export const ResetPassword = z.strictObject({
  token: OpaqueToken.meta({ description: 'Of the link that was sent.' }),
  newPassword: NewPassword,
  mfaCode: line(64).optional().meta({ description: 'Where the person has a second factor.' }),
})
export type ResetPassword = z.infer<typeof ResetPassword>

export const resetPassword = {
  method: 'POST',
  url: '/api/auth/reset-password',
  config: { access: 'public' },
  schema: {
    operationId: 'resetPassword',
    summary: 'Set a new password by the link that was sent',
    description:
      'A token is good once, for an hour. Every session of the person ends. 401 `mfa_required` where they have a second ' +
      'factor: the token stays good.',
    tags: ['Signing in'],
    body: ResetPassword,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
