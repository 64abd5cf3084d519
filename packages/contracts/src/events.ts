import type * as z from 'zod'
import { auditEvents } from './audit-events.ts'
import { authEvents } from './auth-events.ts'
import { directoryEvents } from './directory-events.ts'
import type { EventDeclarations } from './event.ts'
import { partnerGatewayEvents } from './partner-gateway-events.ts'

export const serviceNames = ['auth', 'directory', 'audit', 'partner-gateway'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Which events each service publishes. */
export const publishers: Readonly<Record<ServiceName, EventDeclarations>> = {
  auth: authEvents,
  directory: directoryEvents,
  audit: auditEvents,
  'partner-gateway': partnerGatewayEvents,
}

/** Every domain event. */
export const events = { ...authEvents, ...directoryEvents, ...auditEvents, ...partnerGatewayEvents }

export type EventName = keyof typeof events
export type EventData<N extends EventName> = z.infer<(typeof events)[N]['data']>

const publisherOfEvent = new Map(
  serviceNames.flatMap((service) => Object.keys(publishers[service]).map((name) => [name, service])),
) as ReadonlyMap<string, ServiceName>

/** The service that publishes an event. */
export const publisherOf = (name: EventName) => publisherOfEvent.get(name) as ServiceName

/** The JetStream subject of an event: `identity.<service>.<aggregate>.<what happened>`. */
export const subjectOf = (name: EventName) => `identity.${publisherOf(name)}.${name}` as const
