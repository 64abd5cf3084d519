import { once } from 'node:events'
import { type GoneKind, readGone } from './erasure-ledger.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { supervise } from './supervise.ts'

interface ReplayOptions {
  readonly nats: Nats
  readonly log: Log
  /**
   * Erases again, of those whose digests these are, who is there: a database that was restored from a backup has people who
   * were erased since. Safe to repeat. @returns how many there were
   */
  readonly eraseAgain: (digests: readonly string[], kind: GoneKind) => Promise<number>
  readonly kinds?: readonly GoneKind[]
  /** What is done besides, once nobody is left who was erased. */
  readonly afterwards?: () => Promise<void>
}

export interface Replay {
  /** Whether nobody is in the database who was erased before the process began: until then it isn't ready. */
  isDone(): boolean
  stop(): Promise<void>
}

/** Reads at the start of the process who was ever erased, and erases again whoever is back. */
export function replayErasures(options: ReplayOptions): Replay {
  const { nats, log, eraseAgain, kinds = ['person'], afterwards = async () => {} } = options
  let isDone = false
  const { stop } = supervise({
    what: 'the erasure of who was erased before a backup was restored',
    log,
    session: async (stopping) => {
      await nats.connection(stopping)
      for (const kind of kinds) {
        for await (const digests of readGone(nats, kind)) {
          const back = await eraseAgain(digests, kind)
          if (back > 0) log.warn({ back, kind }, 'who was erased was back, and is erased again')
        }
      }
      isDone = true
      await afterwards()
      if (!stopping.aborted) await once(stopping, 'abort')
    },
  })
  return { isDone: () => isDone, stop }
}
