import * as z from 'zod'

export const actorTypes = ['user', 'service', 'system', 'api_key', 'partner_client'] as const
export type ActorType = (typeof actorTypes)[number]

export interface Actor {
  readonly type: ActorType
  readonly id: string
}

export const serviceNames = ['auth', 'directory', 'audit', 'partner-gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

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

interface EventDeclaration {
  /** The service that publishes it. */
  readonly service: ServiceName
  /** The version of `data`; a change that old consumers can't read is a new one. */
  readonly version: number
  readonly summary: string
  readonly data: z.ZodObject
}

/** Every domain event, as `<aggregate>.<what happened>`. No secret, token or password is ever part of one. */
export const events = {
  'user.registered': {
    service: 'directory',
    version: 1,
    summary: 'A person registered.',
    data: z.object({ email: z.string(), firstName: z.string(), lastName: z.string(), tenantId: z.uuid() }),
  },
  'tenant.created': {
    service: 'directory',
    version: 1,
    summary: 'A tenant was created.',
    data: z.object({ name: z.string(), type: z.string(), country: z.string().nullable() }),
  },
  'tenant.updated': {
    service: 'directory',
    version: 1,
    summary: 'A tenant was changed.',
    data: z.object({ name: z.string() }),
  },
  'tenant.settings_updated': {
    service: 'directory',
    version: 1,
    summary: 'The settings of a tenant were changed.',
    data: z.object({ changed: z.array(z.string()) }),
  },
  'tenant.suspended': {
    service: 'directory',
    version: 1,
    summary: 'A tenant was suspended, and everything in it is refused.',
    data: z.object({ name: z.string() }),
  },
  'tenant.reactivated': {
    service: 'directory',
    version: 1,
    summary: 'A suspended tenant was let in again.',
    data: z.object({ name: z.string() }),
  },
  'tenant.deleted': {
    service: 'directory',
    version: 1,
    summary: 'A tenant was deleted; it can be restored for a time.',
    data: z.object({ name: z.string() }),
  },
  'tenant.restored': {
    service: 'directory',
    version: 1,
    summary: 'A deleted tenant was restored.',
    data: z.object({ name: z.string() }),
  },
  'tenant.purged': {
    service: 'directory',
    version: 1,
    summary: 'A deleted tenant is gone for good, with everything in it.',
    data: z.object({ members: z.int() }),
  },
  'invite.created': {
    service: 'directory',
    version: 1,
    summary: 'Somebody was invited into a tenant.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.resent': {
    service: 'directory',
    version: 1,
    summary: 'An invite was sent again, and the one before is void.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.revoked': {
    service: 'directory',
    version: 1,
    summary: 'An invite was revoked.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.accepted': {
    service: 'directory',
    version: 1,
    summary: 'A person joined a tenant that they were invited into.',
    data: z.object({ userId: z.uuid(), role: z.string() }),
  },
  'role.created': {
    service: 'directory',
    version: 1,
    summary: 'A role was created.',
    data: z.object({ name: z.string() }),
  },
  'role.updated': {
    service: 'directory',
    version: 1,
    summary: 'A role was changed.',
    data: z.object({ name: z.string() }),
  },
  'role.deleted': {
    service: 'directory',
    version: 1,
    summary: 'A role was deleted.',
    data: z.object({ name: z.string() }),
  },
  'role.assigned': {
    service: 'directory',
    version: 1,
    summary: 'A person was given roles.',
    data: z.object({ userId: z.uuid(), roles: z.array(z.string()) }),
  },
  'role.removed': {
    service: 'directory',
    version: 1,
    summary: 'Roles were taken away from a person.',
    data: z.object({ userId: z.uuid(), roles: z.array(z.string()) }),
  },
  'user.updated': {
    service: 'directory',
    version: 1,
    summary: 'The name, address, status or roles of a person were changed.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.deactivated': {
    service: 'directory',
    version: 1,
    summary: 'A person was suspended in a tenant.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.reactivated': {
    service: 'directory',
    version: 1,
    summary: 'A suspended person was let into a tenant again.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.email_change_requested': {
    service: 'directory',
    version: 1,
    summary: 'A person is to have another e-mail address, once it confirms.',
    data: z.object({ userId: z.uuid(), email: z.string() }),
  },
  'user.email_changed': {
    service: 'directory',
    version: 1,
    summary: 'A person has another e-mail address.',
    data: z.object({ userId: z.uuid() }),
  },
  'membership.removed': {
    service: 'directory',
    version: 1,
    summary: 'A person left a tenant, or was removed from it.',
    data: z.object({ userId: z.uuid(), by: z.enum(['themselves', 'administrator']) }),
  },
  'user.email_verified': {
    service: 'directory',
    version: 1,
    summary: 'A person proved that their e-mail address is theirs.',
    data: z.object({ email: z.string() }),
  },
  'session.started': {
    service: 'auth',
    version: 1,
    summary: 'A person signed in.',
    data: z.object({ userId: z.uuid(), method: z.enum(signInMethods), amr: z.array(z.string()) }),
  },
  'session.refreshed': {
    service: 'auth',
    version: 1,
    summary: 'A session went on with a new pair of tokens.',
    data: z.object({ userId: z.uuid() }),
  },
  'session.reuse_detected': {
    service: 'auth',
    version: 1,
    summary: 'A spent refresh token was used again, and its session was ended.',
    data: z.object({ userId: z.uuid() }),
  },
  'session.ended': {
    service: 'auth',
    version: 1,
    summary: 'A session was ended.',
    data: z.object({ userId: z.uuid(), reason: z.enum(sessionEndings) }),
  },
  'login.failed': {
    service: 'auth',
    version: 1,
    summary: 'An attempt to sign in was refused.',
    data: z.object({ reason: z.enum(loginFailures) }),
  },
  'password.changed': {
    service: 'auth',
    version: 1,
    summary: 'A person changed their password, or set a new one by a link that was sent to them.',
    data: z.object({ by: z.enum(['current_password', 'reset_link']) }),
  },
  'password_reset.requested': {
    service: 'auth',
    version: 1,
    summary: 'A link to set a new password was sent to a person.',
    data: z.object({ userId: z.uuid() }),
  },
  'mfa_factor.confirmed': {
    service: 'auth',
    version: 1,
    summary: 'A person set up a second factor.',
    data: z.object({ userId: z.uuid(), kind: z.enum(factorKinds) }),
  },
  'mfa_factor.removed': {
    service: 'auth',
    version: 1,
    summary: 'A person removed a second factor.',
    data: z.object({ userId: z.uuid(), kind: z.enum(factorKinds) }),
  },
  'recovery_codes.generated': {
    service: 'auth',
    version: 1,
    summary: 'A person got a new set of recovery codes.',
    data: z.object({ userId: z.uuid() }),
  },
  'recovery_code.used': {
    service: 'auth',
    version: 1,
    summary: 'A recovery code stood in for a second factor.',
    data: z.object({ userId: z.uuid(), left: z.int() }),
  },
  'identity.linked': {
    service: 'auth',
    version: 1,
    summary: "A person's identity at another provider can sign them in from now on.",
    data: z.object({ userId: z.uuid(), provider: z.string() }),
  },
  'identity.unlinked': {
    service: 'auth',
    version: 1,
    summary: "A person's identity at another provider can't sign them in any more.",
    data: z.object({ userId: z.uuid(), provider: z.string() }),
  },
  'api_key.created': {
    service: 'auth',
    version: 1,
    summary: 'An API key was created.',
    data: z.object({
      userId: z.uuid(),
      name: z.string(),
      scopes: z.array(z.string()),
      expiresAt: z.string().nullable(),
    }),
  },
  'api_key.rerolled': {
    service: 'auth',
    version: 1,
    summary: 'An API key got a successor, and an end.',
    data: z.object({ userId: z.uuid(), successorId: z.uuid(), expiresAt: z.string() }),
  },
  'api_key.revoked': {
    service: 'auth',
    version: 1,
    summary: 'An API key was deleted.',
    data: z.object({ userId: z.uuid(), name: z.string() }),
  },
  'service_token.issued': {
    service: 'auth',
    version: 1,
    summary: 'A service was given a token.',
    data: z.object({ audience: z.string() }),
  },
  'service_token.refused': {
    service: 'auth',
    version: 1,
    summary: 'Somebody asked for the token of a service and was refused.',
    data: z.object({ serviceName: z.string() }),
  },
  'token.exchanged': {
    service: 'auth',
    version: 1,
    summary: 'A service exchanged the token of a caller for a narrower one.',
    data: z.object({
      subjectKind: z.string(),
      subjectId: z.string(),
      audience: z.string(),
      scope: z.string(),
    }),
  },
  'signing_key.created': {
    service: 'auth',
    version: 1,
    summary: 'A key to sign access tokens with was made and published.',
    data: z.object({ kid: z.string(), activatesAt: z.string() }),
  },
  'oauth_client.created': {
    service: 'partner-gateway',
    version: 1,
    summary: 'An OAuth 2 client was created for a partner.',
    data: z.object({ name: z.string(), scopes: z.array(z.string()) }),
  },
} as const satisfies Record<string, EventDeclaration>

export type EventName = keyof typeof events
export type EventData<N extends EventName> = z.infer<(typeof events)[N]['data']>

/** The JetStream subject of an event: `identity.<service>.<aggregate>.<what happened>`. */
export const subjectOf = (name: EventName) => `identity.${events[name].service}.${name}` as const
