import { events } from '@gatehouse/contracts/events'
import type { Envelope, ReceivedEvent } from '@gatehouse/events/envelope'
import { canonical } from '@gatehouse/ledger/canonical'
import * as z from 'zod'
import type { Details, NewEntry, Origin } from '../entry.ts'
import { isInBounds } from '../partitions.ts'
import { redacted } from '../redaction.ts'

/** An event as an entry, whatever version of us it was declared in; or why it can't be one. */
export function entryOfEvent({ envelope }: ReceivedEvent): NewEntry | { readonly fault: string } {
  const { before, after, ...metadata } = envelope.data
  const [resource = '', resourceId = null] = envelope.subject.split('/')
  const clear = {
    service: envelope.source.replace(/^.*:/, ''),
    actorType: envelope.actortype,
    actorId: envelope.actorid,
    action: envelope.type,
    resource,
    resourceId,
    correlationId: envelope.correlationid,
  }
  const [unfit] = Object.entries(clear).find(([, value]) => value !== null && !isFit(value)) ?? []
  if (unfit) return { fault: `its ${unfit} is too long, or no text` }
  if (!isInBounds(envelope.time)) return { fault: `it is of ${envelope.time.slice(0, 10)}` }
  if (envelope.aggregateversion > mostVersions) return { fault: 'its version is out of all bounds' }
  const { sourceip: sourceIp, useragent: userAgent } = envelope
  const origin: Origin = { sourceIp, userAgent }
  const details: Details = { previousState: stateOf(before), newState: stateOf(after), metadata }
  try {
    return {
      ...clear,
      id: envelope.id.toLowerCase(),
      tenantId: envelope.tenantid.toLowerCase(),
      occurredAt: new Date(envelope.time).toISOString(),
      origin: sourceIp === undefined && userAgent === undefined ? null : canonical(origin),
      details: canonical(redacted(details)),
      person: personOf(envelope),
      aggregateVersion: envelope.aggregateversion,
      owner: ownerOf(envelope),
    }
  } catch {
    return { fault: 'it holds ill-formed Unicode' }
  }
}

/** PostgreSQL's largest integer. */
const mostVersions = 2_147_483_647

/** What an index and a leaf can hold. */
const isFit = (text: string) => text.length <= 255 && !text.includes('\0') && text.isWellFormed()

const stateOf = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined

const ownerOf = ({ actortype, actorowner }: Envelope) =>
  actortype === 'api_key' && Id.safeParse(actorowner).success ? actorowner?.toLowerCase() : undefined

/** Whose the details are; of an event that isn't known here, whomever it names. */
function personOf({ type, subject, data: { userId } }: Envelope): string | null {
  const [resource, id = null] = subject.split('/')
  const declared = Object.hasOwn(events, type) ? events[type as keyof typeof events].person : undefined
  if (declared === 'aggregate' || (!declared && resource === 'user')) return id
  return declared !== 'nobody' && Id.safeParse(userId).success ? String(userId) : null
}

const Id = z.uuid()
