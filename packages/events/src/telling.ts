import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import { supervise } from './supervise.ts'
import type { Count, Tally } from './tally.ts'

interface TellingOptions<T> {
  /** What is told of, for the log. */
  readonly what: string
  readonly tallies: readonly Tally<T>[]
  /** How long the tallies wait before they tell of the same again. Milliseconds. */
  readonly windowMs: number
  /** Writes it down for good. */
  readonly write: (counts: readonly Count<T>[]) => Promise<void>
  readonly log: Log
}

export interface Telling {
  /** There is something new to tell. */
  hurry(): void
  /** Writes down what was counted so far, if that can be done within 2 s. */
  stop(): Promise<void>
}

/** Writes down what tallies have to tell, as they have it, without anybody waiting for it; again and again where it fails. */
export function keepTelling<T>({ what, tallies, windowMs, write, log }: TellingOptions<T>): Telling {
  const bell = createBell()
  const tell = async (all = false) => {
    for (const tally of tallies) await tally.tell(write, all)
  }
  const session = async (stopping: AbortSignal) => {
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      await tell()
      await bell.wait(Math.min(1000, windowMs))
    }
  }
  const telling = supervise({ what, log, session })
  return {
    hurry: bell.ring,
    async stop() {
      await telling.stop()
      await tell(true).catch((err) => log.warn({ err }, `the last of ${what} was not written down`))
    },
  }
}
