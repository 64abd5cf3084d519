import * as z from 'zod'

export const actorTypes = ['user', 'service', 'system', 'api_key', 'partner_client'] as const
export type ActorType = (typeof actorTypes)[number]

export interface Actor {
  readonly type: ActorType
  readonly id: string
}

export const serviceNames = ['auth', 'directory', 'audit', 'partner-gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

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
  'session.started': {
    service: 'auth',
    version: 1,
    summary: 'A person signed in.',
    data: z.object({ userId: z.uuid(), method: z.enum(['password', 'registration']) }),
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
    data: z.object({ userId: z.uuid(), reason: z.enum(['logout', 'logout_everywhere']) }),
  },
  'login.failed': {
    service: 'auth',
    version: 1,
    summary: 'An attempt to sign in was refused.',
    data: z.object({ reason: z.enum(['unknown_user', 'wrong_password', 'not_active']) }),
  },
  'service_token.issued': {
    service: 'auth',
    version: 1,
    summary: 'A service was given a token.',
    data: z.object({ audience: z.string() }),
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
