import * as z from 'zod'
import type { EventDeclarations } from './event.ts'

/** How somebody signed in. */
export const signInMethods = ['password', 'registration', 'social', 'switch_tenant', 'mfa_enrolment'] as const
export type SignInMethod = (typeof signInMethods)[number]

export const sessionEndings = [
  'logout',
  'logout_everywhere',
  'ended_by_owner',
  'ended_by_administrator',
  'password_changed',
  'password_reset',
  'email_changed',
  'switched_tenant',
  'token_revoked',
  'access_withdrawn',
] as const
export type SessionEnding = (typeof sessionEndings)[number]

export const loginFailures = [
  'unknown_user',
  'wrong_password',
  'not_active',
  'tenant_not_active',
  'email_not_verified',
  'wrong_mfa_code',
  'rate_limited',
] as const
export type LoginFailure = (typeof loginFailures)[number]

/** Second factors; a passkey will be another. */
export const factorKinds = ['totp'] as const

/** Everything that auth tells of. */
export const authEvents = {
  'session.started': {
    version: 1,
    person: 'userId',
    summary: 'A person signed in.',
    data: z.object({ userId: z.uuid(), method: z.enum(signInMethods), amr: z.array(z.string()) }),
  },
  'session.refreshed': {
    version: 1,
    person: 'userId',
    summary: 'A session went on with a new pair of tokens.',
    data: z.object({ userId: z.uuid() }),
  },
  'session.reuse_detected': {
    version: 1,
    person: 'userId',
    summary: 'A spent refresh token was used again, and its session was ended.',
    data: z.object({ userId: z.uuid() }),
  },
  'session.ended': {
    version: 1,
    person: 'userId',
    summary: 'A session was ended.',
    data: z.object({ userId: z.uuid(), reason: z.enum(sessionEndings) }),
  },
  'login.failed': {
    version: 1,
    person: 'nobody',
    summary: 'An attempt to sign in was refused.',
    data: z.object({ reason: z.enum(loginFailures) }),
  },
  'password.changed': {
    version: 1,
    person: 'aggregate',
    summary: 'A person changed their password, or set a new one by a link that was sent to them.',
    data: z.object({ by: z.enum(['current_password', 'reset_link']) }),
  },
  'password_reset.requested': {
    version: 1,
    person: 'userId',
    summary: 'A link to set a new password was sent to a person.',
    data: z.object({ userId: z.uuid() }),
  },
  'mfa_factor.confirmed': {
    version: 1,
    person: 'userId',
    summary: 'A person set up a second factor.',
    data: z.object({ userId: z.uuid(), kind: z.enum(factorKinds) }),
  },
  'mfa_factor.removed': {
    version: 1,
    person: 'userId',
    summary: 'A person removed a second factor.',
    data: z.object({ userId: z.uuid(), kind: z.enum(factorKinds) }),
  },
  'recovery_codes.generated': {
    version: 1,
    person: 'userId',
    summary: 'A person got a new set of recovery codes.',
    data: z.object({ userId: z.uuid() }),
  },
  'recovery_code.used': {
    version: 1,
    person: 'userId',
    summary: 'A recovery code stood in for a second factor.',
    data: z.object({ userId: z.uuid(), left: z.int() }),
  },
  'identity.linked': {
    version: 1,
    person: 'userId',
    summary: "A person's identity at another provider can sign them in from now on.",
    data: z.object({ userId: z.uuid(), provider: z.string() }),
  },
  'identity.unlinked': {
    version: 1,
    person: 'userId',
    summary: "A person's identity at another provider can't sign them in any more.",
    data: z.object({ userId: z.uuid(), provider: z.string() }),
  },
  'api_key.created': {
    version: 1,
    person: 'userId',
    summary: 'An API key was created.',
    data: z.object({
      userId: z.uuid(),
      name: z.string(),
      scopes: z.array(z.string()),
      expiresAt: z.string().nullable(),
    }),
  },
  'api_key.rerolled': {
    version: 1,
    person: 'userId',
    summary: 'An API key got a successor, and an end.',
    data: z.object({ userId: z.uuid(), successorId: z.uuid(), expiresAt: z.string() }),
  },
  'api_key.revoked': {
    version: 1,
    person: 'userId',
    summary: 'An API key was deleted.',
    data: z.object({ userId: z.uuid(), name: z.string() }),
  },
  'service_token.issued': {
    version: 1,
    person: 'nobody',
    summary: 'A service was given a token.',
    data: z.object({ audience: z.string() }),
  },
  'service_token.refused': {
    version: 1,
    person: 'nobody',
    summary: 'Somebody asked for the token of a service and was refused.',
    data: z.object({ serviceName: z.string() }),
  },
  'token.exchanged': {
    version: 1,
    person: 'userId',
    summary: 'A service exchanged the token of a caller for a narrower one.',
    data: z.object({
      /** The caller, if they are a person. */
      userId: z.uuid().nullish(),
      subjectKind: z.string(),
      subjectId: z.string(),
      audience: z.string(),
      scope: z.string(),
    }),
  },
  'signing_key.created': {
    version: 1,
    person: 'nobody',
    summary: 'A key to sign access tokens with was made and published.',
    data: z.object({ kid: z.string(), activatesAt: z.string() }),
  },
} as const satisfies EventDeclarations
