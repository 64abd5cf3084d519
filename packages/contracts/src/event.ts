import type * as z from 'zod'

export const actorTypes = ['user', 'service', 'system', 'api_key', 'partner_client'] as const
export type ActorType = (typeof actorTypes)[number]

export interface Actor {
  readonly type: ActorType
  readonly id: string
  /** Where they are at home; the event tells if that is another tenant than its own. */
  readonly tenantId?: string
  /** The person whom an API key acts for: where it was used from is personal of them. */
  readonly ownerId?: string | undefined
  /** The services that they acted through (RFC 8693, section 4.1), the last one first. */
  readonly through?: readonly string[] | undefined
}

/** What a service promises about an event. No secret, token or password is ever part of one. */
interface EventDeclaration {
  /** The version of `data`; a change that old consumers can't read is a new one. */
  readonly version: number
  readonly summary: string
  /**
   * Whose personal data `data`, `before` and `after` are, so that erasing that person makes them unreadable in the audit
   * log: of the person that `data.userId` names; of the one who is what it happened to, or whom that stands for as an
   * invite does; or nobody's.
   */
  readonly person: 'userId' | 'aggregate' | 'nobody'
  readonly data: z.ZodObject
}

/** Events by their names, `<aggregate>.<what happened>`. */
export type EventDeclarations = Readonly<Record<string, EventDeclaration>>
