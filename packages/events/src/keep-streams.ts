import { jetstreamManager } from '@nats-io/jetstream'
import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { areThere, ensureStreams, type StreamOptions } from './streams.ts'
import { type Supervised, supervise } from './supervise.ts'

interface KeepingOptions extends StreamOptions {
  readonly nats: Nats
  readonly log: Log
  /** How often it looks, when NATS has not been away. Milliseconds. */
  readonly everyMs?: number
}

/**
 * Makes the streams and durable consumers again whenever one is missing: deleted by somebody, or with the volume that NATS
 * has lost. Services may not make them, and go on by themselves once they are there. For the user `provisioner`.
 */
export function keepStreams({ nats, log, everyMs = 5000, ...options }: KeepingOptions): Supervised {
  const bell = createBell()
  const session = async (stopping: AbortSignal) => {
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      const connection = await nats.connection(stopping)
      if (!(await areThere(await jetstreamManager(connection, { checkAPI: false })))) {
        await ensureStreams(nats, options)
        log.warn({}, 'streams or consumers were missing, and were made anew')
      }
      await bell.wait(everyMs)
    }
  }
  const unsubscribe = nats.onChange((connected) => connected && bell.ring())
  const keeping = supervise({ what: 'keeping the streams', log, session })
  return {
    async stop() {
      unsubscribe()
      await keeping.stop()
    },
  }
}
