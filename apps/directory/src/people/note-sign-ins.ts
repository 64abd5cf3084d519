import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { ReceivedEvent } from '@gatehouse/events/envelope'
import * as people from './repository.ts'

/** Takes note of when people last signed in, by auth's events; in any order, and however often each comes. */
export async function noteSignIns(db: Database, events: readonly ReceivedEvent[]): Promise<void> {
  const lastOf = new Map<string, string>()
  for (const { envelope, declared } of events) {
    if (declared?.name !== 'session.started') continue
    const { userId } = declared.data
    const known = lastOf.get(userId)
    if (known === undefined || Date.parse(known) < Date.parse(envelope.time))
      lastOf.set(userId, envelope.time)
  }
  if (lastOf.size > 0) await inPlatform(db, (tx) => people.noteSignIns(tx, lastOf))
}
