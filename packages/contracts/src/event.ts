import type * as z from 'zod'

export const actorTypes = ['user', 'service', 'system', 'api_key', 'partner_client'] as const
export type ActorType = (typeof actorTypes)[number]

export interface Actor {
  readonly type: ActorType
  readonly id: string
}

/** What a service promises about an event. No secret, token or password is ever part of one. */
interface EventDeclaration {
  /** The version of `data`; a change that old consumers can't read is a new one. */
  readonly version: number
  readonly summary: string
  readonly data: z.ZodObject
}

/** Events by their names, `<aggregate>.<what happened>`. */
export type EventDeclarations = Readonly<Record<string, EventDeclaration>>
