import * as z from 'zod'
import { Email } from './email.ts'
import type { Endpoint } from './endpoint.ts'
import { NoContent } from './http-semantics.ts'
import { ById, Id, OpaqueToken } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { line, Password } from './text.ts'
import { Timestamp } from './time.ts'
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

/** As it is typed: width, case, spaces and dashes don't matter. */
export const MfaCode = line(64).meta({ description: 'A code of the second factor, or a recovery code.' })

export const Login = z.strictObject({
  email: Email,
  password: Password,
  mfaCode: MfaCode.optional(),
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
    description:
      '401 `mfa_required` where a second factor is due: repeat with `mfaCode`. 403 `mfa_enrolment_required` where the ' +
      'tenant lets nobody in without one and there is none: its `enrolmentToken` opens `/api/auth/mfa/enrol`.',
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

export const SwitchTenant = z.strictObject({ tenantId: Id, mfaCode: MfaCode.optional() })
export type SwitchTenant = z.infer<typeof SwitchTenant>

export const switchTenant = {
  method: 'POST',
  url: '/api/auth/switch-tenant',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'switchTenant',
    summary: 'Go on in another tenant that you belong to',
    description:
      'Answers tokens for the other tenant; those of the session so far are refused from then on. 404 for a tenant ' +
      'that you are no member of. Who missed the answer gets it by a refresh with the old refresh token, at once. It asks for a second factor as a login does where the other tenant does and the session had none.',
    tags: ['Signing in'],
    body: SwitchTenant,
    response: { 200: Tokens },
  },
} as const satisfies Endpoint

/** A signed-in device. */
export const Session = z
  .object({
    id: Id,
    userId: Id,
    tenantId: Id,
    isCurrent: z.boolean().meta({ description: 'Whether it is the session of the token that asks.' }),
    device: z.string().meta({ description: 'What the device calls itself.', examples: ['Firefox on Linux'] }),
    userAgent: z.string().nullable(),
    sourceIp: z.string().nullable(),
    amr: z.array(z.string()).meta({ description: 'How the person proved themselves (RFC 8176).' }),
    createdAt: Timestamp,
    lastUsedAt: Timestamp,
    expiresAt: Timestamp,
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

export const listMySessions = {
  method: 'GET',
  url: '/api/users/me/sessions',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'listMySessions',
    summary: 'List the devices that you are signed in on',
    tags: ['Sessions'],
    querystring: PageQuery,
    response: { 200: pageOf(Session) },
  },
} as const satisfies Endpoint

export const endMySession = {
  method: 'DELETE',
  url: '/api/users/me/sessions/:id',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'endMySession',
    summary: 'Sign out one of your devices',
    tags: ['Sessions'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const endMyOtherSessions = {
  method: 'DELETE',
  url: '/api/users/me/sessions',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'endMyOtherSessions',
    summary: 'Sign out all of your devices but this one',
    tags: ['Sessions'],
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const listUserSessions = {
  method: 'GET',
  url: '/api/users/:id/sessions',
  config: { access: 'sessions:read' },
  schema: {
    operationId: 'listUserSessions',
    summary: 'List the devices that a person is signed in on in your tenant',
    tags: ['Sessions'],
    params: ById,
    querystring: PageQuery,
    response: { 200: pageOf(Session) },
  },
} as const satisfies Endpoint

export const endUserSessions = {
  method: 'DELETE',
  url: '/api/users/:id/sessions',
  config: { access: 'sessions:write' },
  schema: {
    operationId: 'endUserSessions',
    summary: 'Sign a person out of your tenant on all of their devices',
    tags: ['Sessions'],
    params: ById,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint

export const endUserSession = {
  method: 'DELETE',
  url: '/api/users/:id/sessions/:sessionId',
  config: { access: 'sessions:write' },
  schema: {
    operationId: 'endUserSession',
    summary: "Sign out one of a person's devices",
    tags: ['Sessions'],
    params: ById.extend({ sessionId: Id }),
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
