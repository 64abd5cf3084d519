import { setTimeout as delay } from 'node:timers/promises'

export interface Running {
  readonly pid: number
  /** Says in a few words how it ended, once it has. */
  readonly ended: Promise<string>
  /** Asks for an orderly end, and forces it after so many milliseconds. */
  stop(patienceMs: number): Promise<void>
}

interface Supervision {
  readonly start: () => Promise<Running>
  readonly log: (line: string) => void
  /** The pause before a new start; it doubles with each one that fails soon, up to 10 s. Default: 250. */
  readonly pauseMs?: number
  /** What ran for so long was well, and its next pause is the first one again. Default: 10 s. */
  readonly wellAfterMs?: number
}

export interface Supervised {
  /** Of the present process, or of the last one while there is none. */
  readonly pid: number
  /** Says in a few words how the present process ended, once it has. */
  readonly ended: Promise<string>
  /** Ends it for good. */
  stop(patienceMs: number): Promise<void>
}

/** Keeps a server running that has been started once. */
export const superviseServer = (
  server: Running & { start(): Promise<void> },
  log: (line: string) => void,
): Supervised => {
  const start = async () => {
    await server.start()
    return server
  }
  return watchOver({ running: server, log, start })
}

/** Starts something and, each time that it ends, starts it again with back-off. Throws when the first start does. */
export const supervise = async (supervision: Supervision): Promise<Supervised> =>
  watchOver({ ...supervision, running: await supervision.start() })

const watchOver = (supervision: Supervision & { running: Running }): Supervised => {
  const { start, log, pauseMs = 250, wellAfterMs = 10_000 } = supervision
  const stopping = new AbortController()
  let { running } = supervision
  const watch = async () => {
    for (let failures = 0; ; ) {
      const since = performance.now()
      const how = await running.ended
      if (stopping.signal.aborted) return
      failures = performance.now() - since < wellAfterMs ? failures + 1 : 1
      const pause = Math.min(pauseMs * 2 ** (failures - 1), 10_000)
      log(`ended (${how}); starting it again in ${pause / 1000} s`)
      await delay(pause, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      running = await start().catch((error) => ({ ...running, ended: Promise.resolve(error.message) }))
    }
  }
  const watched = watch()
  return {
    get pid() {
      return running.pid
    },
    get ended() {
      return running.ended
    },
    async stop(patienceMs) {
      stopping.abort()
      await running.stop(patienceMs)
      await watched
      // A new start may have been under way.
      await running.stop(patienceMs)
    },
  }
}
