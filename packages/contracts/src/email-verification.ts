import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'

export const VerifyEmailAddress = z.strictObject({
  token: OpaqueToken.meta({ description: 'Of the link that was sent to the address.' }),
})
export type VerifyEmailAddress = z.infer<typeof VerifyEmailAddress>

export const verifyEmail = {
  method: 'POST',
  url: '/api/auth/verify-email',
  config: { access: 'public' },
  schema: {
    operationId: 'verifyEmail',
    summary: 'Prove that an e-mail address is yours, by the link that was sent to it',
    description: 'A token is good once, for 24 hours, and only for the address that it was sent to.',
    tags: ['Signing in'],
    body: VerifyEmailAddress,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const requestEmailVerification = {
  method: 'POST',
  url: '/api/users/me/verify-email',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'requestEmailVerification',
    summary: 'Have another link sent that proves your e-mail address',
    description:
      'Five an hour at most. The link before it is void. Nothing is sent where the address is proven.',
    tags: ['Users'],
    response: { 202: NoContent },
  },
} as const satisfies Endpoint
