import { jetstreamManager } from '@nats-io/jetstream'
import { millis } from '@nats-io/transport-node'
import { createTallies, type Tallies } from './consumer-tallies.ts'
import { bury, type DeadLetter } from './dead-letter.ts'
import { createDelivery, type Handling } from './delivery.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { startPull } from './pull.ts'
import { supervise } from './supervise.ts'

interface ConsumeOptions extends Handling {
  readonly nats: Nats
  readonly log: Log
  readonly stream: string
  /** A durable consumer of the stream, made by `ensureStreams`. */
  readonly durable: string
  /** At most so many events at once. Default: 500. */
  readonly batch?: number
  /** Keeps what can't be used; it is acknowledged after this has resolved. Default: the stream DEAD_LETTERS does. */
  deadLetter?(letter: DeadLetter): Promise<void>
}

const lookEveryMs = 5000

export interface Consumption {
  /** Whether messages are being pulled: NATS, the stream and the durable consumer are there. */
  isHealthy(): boolean
  tallies(): Tallies
  /** Pulls no more, finishes what is being handled, gives the rest back, and ends. */
  stop(): Promise<void>
}

/**
 * Hands the events of a durable consumer to `handle` in batches, and acknowledges them after it has resolved. What is
 * no event, or is forged, is laid aside and stops nobody. It starts anew by itself, with back-off, whenever NATS, the
 * stream or the durable consumer was away.
 */
export function consume({
  nats,
  log,
  stream,
  durable,
  batch = 500,
  ...handling
}: ConsumeOptions): Consumption {
  let isHealthy = false
  const tallies = createTallies()

  const session = async (stopping: AbortSignal) => {
    const connection = await nats.connection(stopping)
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2000 })
    const look = () => manager.consumers.info(stream, durable)
    const info = await look()
    tallies.note(info)
    const inboxPrefix = `_INBOX_${nats.service}`
    const ackWaitMs = millis(info.config.ack_wait ?? 0)
    const pull = startPull({ connection, inboxPrefix, stream, durable, batch, ackWaitMs })
    const unsubscribe = nats.onChange(() => pull.fail(new Error('the connection to NATS was lost')))
    stopping.addEventListener('abort', pull.stop)
    if (stopping.aborted) pull.stop()
    const deadLetter = (letter: DeadLetter) => bury(connection, nats.service, letter)
    const counted = tallies.counted({ deadLetter, ...handling })
    const deliver = createDelivery({ ...counted, stream, durable, pull, log })
    // What fails here shows itself in the pull.
    const looking = setInterval(() => void look().then(tallies.note, () => undefined), lookEveryMs)
    isHealthy = true
    try {
      for (let messages = await pull.next(); messages.length > 0; messages = await pull.next()) {
        tallies.take(messages)
        await deliver(messages)
      }
    } finally {
      isHealthy = false
      clearInterval(looking)
      unsubscribe()
      await pull.close()
    }
  }
  const supervised = supervise({ what: `the consumer ${durable} of ${stream}`, log, session })
  return { isHealthy: () => isHealthy, tallies: tallies.read, stop: supervised.stop }
}
