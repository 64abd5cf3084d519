import { inPlatform } from '@gatehouse/db/tenant'
import { readEvent } from '@gatehouse/events/envelope'
import { markReplayed } from './dead-letter-repository.ts'
import type { Letter } from './dead-letters.ts'
import { entryOfEvent } from './entry-of-event.ts'
import type { Recording } from './record-events.ts'

export interface Replayed {
  readonly recorded: readonly string[]
  /** What waits on. */
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
}

/** Records what was laid aside, the oldest first, as far as this version can. */
export async function replayDeadLetters(recording: Recording, limit: number): Promise<Replayed> {
  const recorded: string[] = []
  const refused: Replayed['refused'][number][] = []
  for (const letter of await recording.deadLetters.list(limit)) {
    const reason = await replay(recording, letter)
    if (reason === undefined) recorded.push(letter.id)
    else refused.push({ id: letter.id, reason })
  }
  return { recorded, refused }
}

/** @returns why it can't be recorded */
async function replay({ db, append, partitions }: Recording, { id, subject, body, sequence }: Letter) {
  const event = readEvent(subject, body)
  if ('poison' in event) return event.poison
  const entry = entryOfEvent(event)
  if ('fault' in entry) return entry.fault
  await partitions.ensure([entry.occurredAt])
  await inPlatform(db, async (tx) => {
    await append(tx, [{ ...entry, sequence }])
    await markReplayed(tx, id)
  })
  return undefined
}
