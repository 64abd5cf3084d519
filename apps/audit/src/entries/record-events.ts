import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { ReceivedEvent } from '@gatehouse/events/envelope'
import * as z from 'zod'
import * as entries from './repository.ts'

const State = z.record(z.string(), z.unknown()).nullable().catch(null)

/** Records a batch of events, each once however often it comes; also such as this version doesn't know. */
export function recordEvents(db: Database, events: readonly ReceivedEvent[]): Promise<void> {
  return inPlatform(db, (tx) => entries.insertMissing(tx, events.map(entryOf)))
}

function entryOf({ envelope }: ReceivedEvent): entries.NewEntry {
  const { before, after, ...metadata } = envelope.data
  const [resource = '', resourceId] = envelope.subject.split('/')
  return {
    id: envelope.id,
    tenantId: envelope.tenantid,
    occurredAt: envelope.time,
    service: envelope.source.replace(/^.*:/, ''),
    actorType: envelope.actortype,
    actorId: envelope.actorid,
    action: envelope.type,
    resource,
    resourceId: resourceId ?? null,
    correlationId: envelope.correlationid,
    sourceIp: envelope.sourceip ?? null,
    userAgent: envelope.useragent ?? null,
    previousState: State.parse(before ?? null),
    newState: State.parse(after ?? null),
    metadata,
    description: null,
  }
}
