import type * as z from 'zod'
import { accessEvents } from './access-events.ts'
import { auditEvents } from './audit-events.ts'
import { authEvents } from './auth-events.ts'
import { directoryEvents } from './directory-events.ts'
import type { EventDeclarations } from './event.ts'
import { partnerGatewayEvents } from './partner-gateway-events.ts'

export const serviceNames = ['auth', 'directory', 'audit', 'partner-gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

const ownEvents = {
  auth: authEvents,
  directory: directoryEvents,
  audit: auditEvents,
  'partner-gateway': partnerGatewayEvents,
} as const satisfies Readonly<Record<ServiceName, EventDeclarations>>

/** Which events each service publishes: its own, and those that every service tells of itself. */
export const publishers: Readonly<Record<ServiceName, EventDeclarations>> = {
  auth: { ...ownEvents.auth, ...accessEvents },
  directory: { ...ownEvents.directory, ...accessEvents },
  audit: { ...ownEvents.audit, ...accessEvents },
  'partner-gateway': { ...ownEvents['partner-gateway'], ...accessEvents },
}

/** Every domain event. */
export const events = {
  ...authEvents,
  ...directoryEvents,
  ...auditEvents,
  ...partnerGatewayEvents,
  ...accessEvents,
}

export type EventName = keyof typeof events
export type EventData<N extends EventName> = z.infer<(typeof events)[N]['data']>

/** An event that one service alone publishes. */
export type OwnEventName = Exclude<EventName, keyof typeof accessEvents>

const publisherOfEvent = new Map(
  serviceNames.flatMap((service) => Object.keys(ownEvents[service]).map((name) => [name, service])),
) as ReadonlyMap<string, ServiceName>

/** The one service that publishes an event; undefined for one that every service does. */
export const publisherOf = (name: EventName) => publisherOfEvent.get(name)

/** Whether an event is for a service to tell. */
export const publishes = (service: string, name: EventName) =>
  Object.hasOwn(publishers, service) && Object.hasOwn(publishers[service as ServiceName], name)

/** The JetStream subject of an event: `identity.<service>.<aggregate>.<what happened>`. */
export const subjectOf = (name: OwnEventName) => subjectFrom(publisherOf(name) as ServiceName, name)

/** The subject of an event that a service tells. */
export const subjectFrom = (service: ServiceName, name: EventName) => `identity.${service}.${name}` as const
