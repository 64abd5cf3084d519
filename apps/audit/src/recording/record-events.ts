import { createHash } from 'node:crypto'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { DeliveredEvent } from '@gatehouse/events/delivery'
import type { ReceivedEvent } from '@gatehouse/events/envelope'
import type { Append, NewEntry } from '../entry.ts'
import type { Partitions } from '../partitions.ts'
import type { DeadLetters, Letter } from './dead-letters.ts'
import { entryOfEvent } from './entry-of-event.ts'

export interface Recording {
  readonly db: Database
  readonly append: Append
  readonly partitions: Partitions
  readonly deadLetters: DeadLetters
}

/**
 * Records a batch of events in one transaction, each once however often it comes; also such as this version doesn't know.
 * What can't be an entry is laid aside in the same transaction, and keeps no other from being one.
 */
export async function recordEvents(
  { db, append, partitions, deadLetters }: Recording,
  events: readonly (ReceivedEvent & Partial<Pick<DeliveredEvent, 'sequence'>>)[],
): Promise<void> {
  const entries: NewEntry[] = []
  const letters: Letter[] = []
  for (const event of events) {
    const entry = entryOfEvent(event)
    if ('fault' in entry)
      letters.push({
        ...letterOf(event, entry.fault),
        ...(event.sequence !== undefined && { sequence: event.sequence }),
      })
    else entries.push({ ...entry, sequence: event.sequence })
  }
  await partitions.ensure(entries.map(({ occurredAt }) => occurredAt))
  await inPlatform(db, async (tx) => {
    if (letters.length > 0) await deadLetters.layAside(tx, letters)
    if (entries.length > 0) await append(tx, entries)
  })
}

function letterOf({ bytes: body, envelope }: ReceivedEvent, reason: string): Letter {
  const subject = `identity.${envelope.source.replace(/^.*:/, '')}.${envelope.type}`
  return { id: createHash('sha256').update(body).digest('hex'), subject, body, reason }
}
