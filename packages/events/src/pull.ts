import { isTracing } from '@gatehouse/telemetry/span'
import { type Msg, nanos } from '@nats-io/transport-node'
import { createBell } from './bell.ts'
import { type Source, startRequests } from './pull-request.ts'

/** A message of a durable consumer that waits for an answer. */
export interface Held {
  readonly subject: string
  readonly data: Uint8Array
  /** Its number in the stream. */
  readonly sequence: number
  /** How often it was given out before. */
  readonly redeliveries: number
  /** When the stream got it, in nanoseconds since 1970. */
  readonly storedAt: string
  /** The span of its sending; read only where this process traces. */
  readonly traceparent: string | undefined
}

/** Messages pulled from a durable consumer, and what becomes of each. Ends for good with the first sign of trouble. */
export interface Pull {
  /** Waits for messages and takes what is there, up to a batch. Nothing once it is stopped. Throws when it has failed. */
  next(): Promise<Held[]>
  ack(message: Held): void
  /** Gives a message back, to be delivered again after `ms`. */
  nak(message: Held, ms: number): void
  /** Pulls no more; what is held stays held. */
  stop(): void
  /** Ends because of `reason`: what is held is let go, for the server to deliver again in its own time. */
  fail(reason: unknown): void
  /** Stops, takes in what is still on its way, and gives back all that is held. */
  close(): Promise<void>
}

interface PullOptions extends Source {
  readonly batch: number
  /** How long the server waits for an answer before it delivers a message again. Milliseconds. */
  readonly ackWaitMs: number
}

/**
 * Starts pulling, a batch ahead of the one that is being handled. While a message is held the server is told that it is
 * being worked on, and doesn't deliver it again, however long that takes.
 */
export function startPull({ batch, ackWaitMs, ...source }: PullOptions): Pull {
  const bell = createBell()
  const waiting: Held[] = []
  const held = new Map<Held, Msg>()
  let failure: { readonly reason: unknown } | undefined
  let isStopped = false

  const stop = () => {
    isStopped = true
    bell.ring()
  }
  const fail = (reason: unknown) => {
    failure ??= { reason }
    stop()
  }
  const take = (message: Msg) => {
    const it = heldOf(message)
    held.set(it, message)
    waiting.push(it)
    bell.ring()
  }
  const wants = () => (isStopped || waiting.length >= batch ? 0 : batch)
  const requests = startRequests(source, { wants, take, fail })
  const extend = () => {
    for (const message of held.values()) message.respond('+WPI')
  }
  const extending = setInterval(extend, ackWaitMs / 3)

  // Once it has failed nothing is answered: after a stream was lost and made anew, the same numbers are other messages.
  const answer = (it: Held, payload: string) => {
    const message = held.get(it)
    held.delete(it)
    if (!failure) message?.respond(payload)
  }
  const nak = (it: Held, ms: number) => answer(it, `-NAK ${JSON.stringify({ delay: nanos(ms) })}`)
  return {
    async next() {
      while (waiting.length === 0 && !isStopped) await bell.wait(60_000)
      if (failure) throw failure.reason
      if (isStopped) return []
      const taken = waiting.splice(0, batch)
      requests.ask()
      return taken
    },
    ack: (it) => answer(it, '+ACK'),
    nak,
    stop,
    fail,
    async close() {
      stop()
      clearInterval(extending)
      if (failure) requests.cut()
      else await requests.end()
      for (const it of [...held.keys()]) nak(it, 0)
    },
  }
}

function heldOf(message: Msg): Held {
  const { subject, data, reply = '' } = message
  // $JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<…>.<time>.<…>, or with two more tokens after the second.
  const tokens = reply.split('.')
  const at = tokens.length === 9 ? 5 : 7
  const traceparent = isTracing() ? message.headers?.get('traceparent') || undefined : undefined
  return {
    subject,
    data,
    sequence: Number(tokens[at]),
    redeliveries: Number(tokens[at - 1]) - 1,
    storedAt: tokens[at + 2] ?? '',
    traceparent,
  }
}
