export interface WaitingLine<T> {
  readonly length: number
  /** Waits for a value, at most so many milliseconds; then, and when all are turned away, throws the error. */
  wait(ms: number, late: () => Error): Promise<T>
  /** Hands a value to whoever has waited longest; false if nobody waits. */
  serve(value: T): boolean
  turnAway(error: Error): void
}

/** First come, first served. */
export function createWaitingLine<T>(): WaitingLine<T> {
  const waiting = new Set<PromiseWithResolvers<T>>()
  return {
    get length() {
      return waiting.size
    },
    wait(ms, late) {
      const place = Promise.withResolvers<T>()
      const timer = setTimeout(() => place.reject(late()), ms)
      waiting.add(place)
      return place.promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(place)
      })
    },
    serve(value) {
      const [first] = waiting
      if (!first) return false
      waiting.delete(first)
      first.resolve(value)
      return true
    },
    turnAway(error) {
      for (const place of waiting) place.reject(error)
      waiting.clear()
    },
  }
}
