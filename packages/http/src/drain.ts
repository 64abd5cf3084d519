import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logging.ts'
import type { Server } from './server.ts'

/** When a process that was asked to end has ended, whatever is still under way. */
export const drainDeadlineMs = 20_000

interface DrainOptions {
  readonly app: Server
  readonly log: Logger
  /** Closed one after the other when the last request is answered: consumers, relay, pool, NATS. */
  readonly closers: Readonly<Record<string, () => unknown>>
  /** How long to go on serving after the signal, while `/ready` says 503. */
  readonly graceMs?: number
  /** When the process ends, whatever is still under way. */
  readonly deadlineMs?: number
}

/**
 * Ends the process in good order on SIGTERM and SIGINT: `/ready` turns 503, requests under way are finished, what the
 * service has open is closed, and it exits with 0. After an error that nobody caught it exits the same way, with 1.
 */
export function drainOnExit(options: DrainOptions) {
  const { app, log, graceMs = 0, deadlineMs = drainDeadlineMs } = options
  const leave = (exitCode: number, graceMs: number) => {
    if (app.lifecycle.draining) return
    app.lifecycle.draining = true
    setTimeout(() => {
      log.fatal('not everything could be closed in time')
      process.exit(1)
    }, deadlineMs)
    void drain(options, graceMs).then(() => process.exit(exitCode))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'draining')
      leave(0, graceMs)
    })
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (err: unknown) => {
      log.fatal({ err }, event)
      leave(1, 0)
    })
  }
}

async function drain({ app, log, closers, deadlineMs = drainDeadlineMs }: DrainOptions, graceMs: number) {
  await sleep(graceMs)
  // Connections whose last answer still said keep-alive become idle one by one, after `close` has looked.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50)
  // A client that does not take its answer must not use up the time that closing the rest needs.
  const cut = setTimeout(() => app.server.closeAllConnections(), Math.max(0, (deadlineMs - graceMs) / 2))
  await closeAll({ http: () => app.close() }, log)
  clearInterval(sweep)
  clearTimeout(cut)
  await closeAll(closers, log)
}

async function closeAll(closers: DrainOptions['closers'], log: Logger) {
  for (const [name, close] of Object.entries(closers)) {
    try {
      await close()
      log.info({ closed: name }, 'closed')
    } catch (err) {
      log.error({ err, closed: name }, 'could not be closed')
    }
  }
}
