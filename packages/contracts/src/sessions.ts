import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { line, Password } from './text.ts'
import { CurrentUser } from './users.ts'

/** What every way of signing in answers. */
export const Tokens = z
  .object({
    accessToken: z.string().meta({ description: 'A JWT (RFC 9068), to be sent as `Authorization: Bearer`.' }),
    refreshToken: z.string().meta({ description: 'Good for one use, which answers the next one.' }),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().positive().meta({ description: 'Seconds that the access token lives.' }),
    user: CurrentUser,
  })
  .meta({ id: 'Tokens' })
export type Tokens = z.infer<typeof Tokens>

export const Login = z.strictObject({
  email: Email,
  password: Password,
  mfaCode: line(64).optional().meta({ description: 'A code of the second factor, or a recovery code.' }),
})
export type Login = z.infer<typeof Login>

export const RefreshTokens = z.strictObject({ refreshToken: OpaqueToken })
export type RefreshTokens = z.infer<typeof RefreshTokens>

export const Logout = z.strictObject({
  everywhere: z.boolean().optional().meta({ description: 'End all of your sessions, not only this one.' }),
})
export type Logout = z.infer<typeof Logout>

export const login = {
  method: 'POST',
  url: '/api/auth/login',
  config: { access: 'public' },
  schema: {
    operationId: 'login',
    summary: 'Sign in with e-mail and password',
    description: '401 `mfa_required` where a second factor is due: repeat with `mfaCode`.',
    tags: ['Signing in'],
    body: Login,
    response: { 200: Tokens },
  },
} as const satisfies Endpoint

export const refresh = {
  method: 'POST',
  url: '/api/auth/refresh',
  config: { access: 'public' },
  schema: {
    operationId: 'refresh',
    summary: 'Exchange a refresh token for a new pair of tokens',
    description: 'A refresh token that is used a second time has leaked: its session ends.',
    tags: ['Signing in'],
    body: RefreshTokens,
    response: { 200: Tokens },
  },
} as const satisfies Endpoint

export const logout = {
  method: 'POST',
  url: '/api/auth/logout',
  config: { access: 'signed-in' },
  schema: {
    operationId: 'logout',
    summary: 'Sign out',
    description: "The session's tokens are refused everywhere from then on.",
    tags: ['Signing in'],
    // Fastify hands a body that is not there to the validator as null.
    body: Logout.nullish(),
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
