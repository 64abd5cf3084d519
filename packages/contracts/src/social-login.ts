import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Redirect } from './http-semantics.ts'
import { OpaqueToken } from './identifiers.ts'
import { Tokens } from './sessions.ts'
import { line } from './text.ts'

type IdentityProvider = 'google' | 'github' | 'microsoft'

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
        'Answers the tokens, or, where the platform has a front end, sends the browser there with a one-time code. ' +
        'An account is linked only by an e-mail address that the provider has verified.',
      tags: ['Signing in'],
      querystring: FinishSocialLogin,
      response: { 200: Tokens, 302: Redirect },
    },
  }) as const satisfies Endpoint

export const startGoogleLogin = start('google', 'Google', 'startGoogleLogin')
export const finishGoogleLogin = finish('google', 'Google', 'finishGoogleLogin')
export const startGithubLogin = start('github', 'GitHub', 'startGithubLogin')
export const finishGithubLogin = finish('github', 'GitHub', 'finishGithubLogin')
export const startMicrosoftLogin = start('microsoft', 'Microsoft', 'startMicrosoftLogin')
export const finishMicrosoftLogin = finish('microsoft', 'Microsoft', 'finishMicrosoftLogin')
