import type { Problem } from '@gatehouse/contracts/problem'

/** Lets so many pieces of work run at once, and others wait their turn as long as that is soon enough. */
export interface Queue {
  /**
   * @param signal takes the work out of the line, if it has not begun, and rejects with its reason
   * @throws Problem a 503 with `Retry-After` at once, when the wait would be too long
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  use(): QueueUse
}

export interface QueueUse {
  /** At this moment. */
  readonly running: number
  readonly waiting: number
  /** Since it was made: work that was begun, how long all of it had waited, and work that was refused. */
  readonly begun: number
  readonly waitedSeconds: number
  readonly refused: number
}

interface QueueOptions {
  readonly concurrency: number
  /** By how long the work took of late, and how much of it waits. */
  readonly maxWaitMs: number
  /** How long it takes, as far as that is known before the first. */
  readonly usualMs: number
  readonly refuse: (options: { headers: Record<string, string> }) => Problem
}

/** How much the last piece of work says about how long the next one will take. */
const weight = 0.1

export function createQueue({ concurrency, maxWaitMs, refuse, ...first }: QueueOptions): Queue {
  const waiting = new Set<() => void>()
  let running = 0
  let begun = 0
  let waitedMs = 0
  let refused = 0
  let { usualMs } = first

  const isFull = () => waiting.size >= concurrency && ((waiting.size + 1) * usualMs) / concurrency > maxWaitMs

  const turn = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.delete(begin)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.add(begin)
    })

  const next = () => {
    const [begin] = waiting
    if (!begin) {
      running -= 1
      return
    }
    waiting.delete(begin)
    begin()
  }

  return {
    use: () => ({ running, waiting: waiting.size, begun, waitedSeconds: waitedMs / 1_000, refused }),

    async run(work, signal) {
      signal?.throwIfAborted()
      const askedAt = performance.now()
      if (running < concurrency) running += 1
      else {
        if (isFull()) {
          refused += 1
          throw refuse({ headers: { 'retry-after': `${Math.ceil(maxWaitMs / 1000)}` } })
        }
        await turn(signal)
      }
      const since = performance.now()
      begun += 1
      waitedMs += since - askedAt
      try {
        return await work()
      } finally {
        usualMs += weight * (performance.now() - since - usualMs)
        next()
      }
    },
  }
}
