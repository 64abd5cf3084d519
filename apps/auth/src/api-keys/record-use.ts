import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import * as apiKeys from './repository.ts'

const intervalMs = 60_000
const capacity = 10_000

/**
 * Makes what takes note that a key is in use: of each once in a minute at most, and while one statement is under way,
 * what comes waits for the next, so that any number of keys take one connection. What can't be written is forgotten.
 */
export function createUseRecorder({ db, log }: { db: Database; log: Log }): (id: string) => void {
  const recordedAt = new Map<string, number>()
  const waiting = new Set<string>()
  let isWriting = false

  const write = async () => {
    isWriting = true
    while (waiting.size > 0) {
      const ids = [...waiting]
      waiting.clear()
      await inPlatform(db, (tx) => apiKeys.markUsed(tx, ids)).catch((err: unknown) =>
        log.warn({ err }, 'could not record the use of API keys'),
      )
    }
    isWriting = false
  }

  return (id) => {
    const now = performance.now()
    if ((recordedAt.get(id) ?? Number.NEGATIVE_INFINITY) > now - intervalMs) return
    // Deleted first, so that the map stays in the order of times.
    recordedAt.delete(id)
    recordedAt.set(id, now)
    for (const [oldest, time] of recordedAt) {
      if (recordedAt.size <= capacity && time > now - intervalMs) break
      recordedAt.delete(oldest)
    }
    waiting.add(id)
    if (!isWriting) void write()
  }
}
