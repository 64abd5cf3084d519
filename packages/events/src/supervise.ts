import { createBell } from './bell.ts'
import type { Log } from './log.ts'

/** Milliseconds before another try: 100 after the first failure, doubling to 2 s, less up to a half by chance. */
const backOffMs = (failures: number) => Math.min(100 * 2 ** (failures - 1), 2000) * (1 - Math.random() / 2)

/** A session this long was working, and its end is a first failure. Milliseconds. */
const workingMs = 10_000

interface Work {
  /** What it is, for the log. */
  readonly what: string
  readonly log: Log
  /** One session: returns after `stopping` is aborted, or throws when it can't go on. */
  session(stopping: AbortSignal): Promise<void>
}

export interface Supervised {
  /** Asks the session to end and resolves when it has. */
  stop(): Promise<void>
}

/** Keeps work going until it is stopped: a session that throws is logged and followed by another, with back-off. */
export function supervise({ what, log, session }: Work): Supervised {
  const rest = createBell()
  let isStopped = false
  // A signal for each session, so that whatever listens to it goes with the session.
  let running = new AbortController()

  /** @returns how many failures in a row that makes */
  const next = async (failuresBefore: number) => {
    const startedAt = performance.now()
    running = new AbortController()
    try {
      await session(running.signal)
      return 0
    } catch (err) {
      const failures = performance.now() - startedAt > workingMs ? 1 : failuresBefore + 1
      // At 1, 2, 4, 8 … of them: an outage of an hour is a dozen lines, not thousands.
      const isWorthALine = (failures & (failures - 1)) === 0
      if (isWorthALine && !isStopped) log.warn({ err, failures }, `${what} failed and is tried again`)
      return failures
    }
  }
  const sessions = async () => {
    let failures = 0
    while (!isStopped) {
      failures = await next(failures)
      if (failures > 0) await rest.wait(backOffMs(failures))
    }
  }

  const ended = sessions()
  return {
    async stop() {
      isStopped = true
      running.abort()
      rest.ring()
      await ended
    },
  }
}
