import type { Actor } from '@gatehouse/contracts/event'
import {
  type EventData,
  type EventName,
  events,
  publisherOf,
  publishes,
  type ServiceName,
} from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import * as z from 'zod'

/** The largest envelope that is taken, in bytes. */
export const maxEnvelopeBytes = 256 * 1024

const sourcePrefix = 'urn:gatehouse:service:'
const sourceOf = (service: ServiceName) => `${sourcePrefix}${service}`

/**
 * What every event travels in: CloudEvents 1.0 in the JSON format's structured mode, with our own attributes beside
 * the standard's. Attributes that a newer sender adds are kept.
 */
export const Envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string().regex(/^urn:gatehouse:service:[a-z-]{1,50}$/),
  type: z.string().regex(/^[a-z0-9_]{1,50}\.[a-z0-9_]{1,50}$/),
  /** What it happened to, as `<aggregate>/<id>`. */
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  dataversion: z.int().positive(),
  tenantid: z.uuid(),
  actortype: z.string().min(1),
  actorid: z.string().min(1),
  /** The person whom an API key acts for. */
  actorowner: z.string().min(1).optional(),
  correlationid: z.string().min(1),
  sourceip: z.string().optional(),
  useragent: z.string().optional(),
  traceparent: z.string().optional(),
  /** Counts the changes of what it happened to, from 1 and without a gap. */
  aggregateversion: z.int().positive(),
  /**
   * The event's own data; `before` and `after` where it changed something; `actorTenantId` where who did it is at home in
   * another tenant; `through` where they came through other services.
   */
  data: z.record(z.string(), z.unknown()),
})
export type Envelope = z.infer<typeof Envelope>

/** What the sender of an event knows about it. */
export interface Emission<N extends EventName> {
  /** Who tells of it; to be said of what every service may tell. */
  readonly service?: ServiceName
  readonly tenantId: string
  readonly actor: Actor
  /** What it happened to, and the version that this change has brought it to. */
  readonly aggregate: { readonly id: string; readonly version: number }
  readonly origin: Origin
  readonly data: EventData<N>
  /** The state that was changed and what it is now, without secrets. */
  readonly before?: Readonly<Record<string, unknown>> | undefined
  readonly after?: Readonly<Record<string, unknown>> | undefined
}

/** The part of an event's name that says what it happens to. */
export const aggregateOf = (name: EventName) => name.slice(0, name.indexOf('.'))

/** The service that tells of an event. Throws a `TypeError` where that is not for it to tell, or was not said. */
export function tellerOf(name: EventName, { service = publisherOf(name) }: { service?: ServiceName }) {
  if (service === undefined || !publishes(service, name)) throw new TypeError(`${name} is not for ${service}`)
  return service
}

/**
 * The envelope of an event, but for its time, which the database gives it. Only what the event declares gets in.
 * Throws a `ZodError` when the data is not what the event declares.
 */
export function envelopeOf<N extends EventName>(id: string, name: N, emission: Emission<NoInfer<N>>) {
  const { tenantId, actor, aggregate, origin, before, after } = emission
  const { version, data } = events[name]
  const actorTenantId = actor.tenantId === tenantId ? undefined : actor.tenantId
  return {
    specversion: '1.0' as const,
    id,
    source: sourceOf(tellerOf(name, emission)),
    type: name,
    subject: `${aggregateOf(name)}/${aggregate.id}`,
    datacontenttype: 'application/json' as const,
    dataversion: version,
    tenantid: tenantId,
    actortype: actor.type,
    actorid: actor.id,
    actorowner: actor.ownerId,
    correlationid: origin.correlationId,
    sourceip: origin.sourceIp,
    useragent: origin.userAgent,
    traceparent: origin.traceparent,
    aggregateversion: aggregate.version,
    data: { ...data.parse(emission.data), actorTenantId, through: actor.through, before, after },
  }
}

type Declared = { [N in EventName]: { readonly name: N; readonly data: EventData<N> } }[EventName]

export interface ReceivedEvent {
  /** The message, byte for byte as it came. */
  readonly bytes: Uint8Array
  readonly envelope: Envelope
  /** What it says, by its name; undefined when this version of us knows no such event, or no such version of it. */
  readonly declared: Declared | undefined
}

/** Reads an event as it came. Says why, when it is not one or is not from the service that its subject names. */
export function readEvent(subject: string, bytes: Uint8Array): ReceivedEvent | { readonly poison: string } {
  const parsed = Envelope.safeParse(jsonOf(bytes))
  if (!parsed.success) return { poison: `not an envelope: ${faultsOf(parsed.error)}` }
  const envelope = parsed.data
  const { source, type } = envelope
  const service = source.slice(sourcePrefix.length)
  if (subject !== `identity.${service}.${type}`)
    return { poison: `forged: ${source} says ${type} on ${subject}` }
  if (!isDeclared(type)) return { bytes, envelope, declared: undefined }
  if (!publishes(service, type)) return { poison: `forged: ${type} is not for ${source} to say` }
  if (events[type].version !== envelope.dataversion) return { bytes, envelope, declared: undefined }

  const data = events[type].data.safeParse(envelope.data)
  if (!data.success) return { poison: `not a ${type}: ${faultsOf(data.error)}` }
  return { bytes, envelope, declared: { name: type, data: data.data } as Declared }
}

const isDeclared = (type: string): type is EventName => Object.hasOwn(events, type)

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Where it is wrong and what was expected there; never what stood there, which may be personal. */
const faultsOf = ({ issues }: z.ZodError) =>
  issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.join('.') || '(all)'} ${code}`)
    .join(', ')
