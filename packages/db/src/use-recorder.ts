const intervalMs = 60_000
const capacity = 10_000

/**
 * Makes what takes note that a thing is in use: of each once in a minute at most, and while one statement is under way, what
 * comes waits for the next, so that any number of things take one connection.
 * @param write writes it down of these things; what it can't write it reports, and that is forgotten
 */
export function createUseRecorder(write: (ids: readonly string[]) => Promise<void>): (id: string) => void {
  const recordedAt = new Map<string, number>()
  const waiting = new Set<string>()
  let isWriting = false

  const writeAll = async () => {
    isWriting = true
    while (waiting.size > 0) {
      const ids = [...waiting]
      waiting.clear()
      await write(ids)
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
    if (!isWriting) void writeAll()
  }
}
