/** What was learnt a moment ago, for `lifeMs` and of at most `capacity` things. */
export interface Recent<T> {
  get(key: string): T | undefined
  set(key: string, value: T): void
  delete(key: string): void
}

/** @param now a clock that nobody sets, in milliseconds */
export function rememberRecent<T>(
  { lifeMs, capacity }: { readonly lifeMs: number; readonly capacity: number },
  now = () => performance.now(),
): Recent<T> {
  const known = new Map<string, { readonly value: T; readonly at: number }>()
  const isOver = (at: number) => at + lifeMs <= now()
  return {
    get(key) {
      const entry = known.get(key)
      return entry && !isOver(entry.at) ? entry.value : undefined
    },
    set(key, value) {
      // Deleted first, so that the map stays in the order of times.
      known.delete(key)
      known.set(key, { value, at: now() })
      for (const [oldest, { at }] of known) {
        if (known.size <= capacity && !isOver(at)) break
        known.delete(oldest)
      }
    },
    delete: (key) => void known.delete(key),
  }
}
