import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { NoContent, Redirect } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { Reauthentication } from './second-factors.ts'
import { Tokens } from './sessions.ts'
import { line } from './text.ts'
import { Timestamp } from './time.ts'

export const identityProviders = ['google', 'github', 'microsoft'] as const
export type IdentityProvider = (typeof identityProviders)[number]

const StartSocialLogin = z.strictObject({
  returnTo: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional()
    .meta({ description: 'Where the browser ends up: one of the addresses that the platform allows.' }),
})

/** RFC 6749 §4.1.2 and RFC 9207; what else a provider adds is ignored, as §4.1.2 asks. */
const FinishSocialLogin = z.object({
  state: OpaqueToken,
  code: OpaqueToken.optional(),
  iss: line(2048).optional(),
  error: line(200).optional(),
  error_description: line(2000).optional(),
})

const start = <P extends IdentityProvider, Id extends string>(provider: P, name: string, operationId: Id) =>
  ({
    method: 'GET',
    url: `/api/auth/oauth/${provider}`,
    config: { access: 'public' },
    schema: {
      operationId,
      summary: `Sign in with ${name}`,
      tags: ['Signing in'],
      querystring: StartSocialLogin,
      response: { 302: Redirect },
    },
  }) as const satisfies Endpoint

const finish = <P extends IdentityProvider, Id extends string>(provider: P, name: string, operationId: Id) =>
  ({
    method: 'GET',
    url: `/api/auth/oauth/${provider}/callback`,
    config: { access: 'public' },
    schema: {
      operationId,
      summary: `Come back from ${name}`,
      description:
        'Sends the browser to the front end with a one-time `code` in the query, or with an `error`, which is the code ' +
        'of a problem. Where the platform has no front end it answers the tokens, or the problem; a 401 `mfa_required` ' +
        'has a `loginCode` to be redeemed together with the `mfaCode`. An account is linked only by an e-mail address ' +
        'that both the provider and the platform have verified. 204 where a signed-in person has linked the provider.',
      tags: ['Signing in'],
      querystring: FinishSocialLogin,
      response: { 200: Tokens, 204: NoContent, 302: Redirect },
    },
  }) as const satisfies Endpoint

export const startGoogleLogin = start('google', 'Google', 'startGoogleLogin')
export const finishGoogleLogin = finish('google', 'Google', 'finishGoogleLogin')
export const startGithubLogin = start('github', 'GitHub', 'startGithubLogin')
export const finishGithubLogin = finish('github', 'GitHub', 'finishGithubLogin')
export const startMicrosoftLogin = start('microsoft', 'Microsoft', 'startMicrosoftLogin')
export const finishMicrosoftLogin = finish('microsoft', 'Microsoft', 'finishMicrosoftLogin')

export const redeemLoginCode = {
  method: 'POST',
  url: '/api/auth/oauth/redeem',
  config: { access: 'public' },
  schema: {
    operationId: 'redeemLoginCode',
    summary: 'Swap the one-time code that the browser came back with for tokens',
    description:
      'A code is good once, for a minute, in the browser that it was made for: send the cookie along. 401 `mfa_required` ' +
      'where a second factor is due: repeat with `mfaCode`, up to five times within five minutes.',
    tags: ['Signing in'],
    body: z.strictObject({ code: OpaqueToken, mfaCode: line(64).optional() }),
    response: { 200: Tokens },
  },
} as const satisfies Endpoint

/** Somebody's account at another provider, by which they can sign in. */
export const LinkedIdentity = z
  .object({
    provider: z.enum(identityProviders),
    email: z.string().nullable().meta({ description: 'What the provider called the address, at the time.' }),
    linkedAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'LinkedIdentity' })
export type LinkedIdentity = z.infer<typeof LinkedIdentity>

const ByProvider = z.strictObject({ provider: z.enum(identityProviders) })

export const listMyIdentities = {
  method: 'GET',
  url: '/api/users/me/identities',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'listMyIdentities',
    summary: 'See the accounts at other providers that you can sign in by',
    tags: ['Users'],
    response: { 200: z.object({ data: z.array(LinkedIdentity) }) },
  },
} as const satisfies Endpoint

export const linkIdentity = {
  method: 'POST',
  url: '/api/users/me/identities/:provider',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'linkIdentity',
    summary: 'Begin to link an account at another provider to yours',
    description:
      'Takes the password, and a code of the second factor if there is one. Send the browser that asks to `url`: it ' +
      'comes back by the callback of the provider, and ends up at `returnTo` with `linked` in the query.',
    tags: ['Users'],
    params: ByProvider,
    body: Reauthentication.extend(StartSocialLogin.shape),
    response: { 200: z.object({ url: z.string() }) },
  },
} as const satisfies Endpoint

export const unlinkIdentity = {
  method: 'POST',
  url: '/api/users/me/identities/:provider/unlink',
  config: { access: 'signed-in', kinds: ['user'] },
  schema: {
    operationId: 'unlinkIdentity',
    summary: 'Unlink an account at another provider',
    description:
      'Takes the password, so that there is another way in: 409 for who has none. Takes a code of the second factor, too.',
    tags: ['Users'],
    params: ByProvider,
    body: Reauthentication,
    response: { 204: NoContent },
  },
} as const satisfies Endpoint
