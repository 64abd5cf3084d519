import type { DeadLetter } from './dead-letter.ts'
import { type ReceivedEvent, readEvent } from './envelope.ts'
import type { Log } from './log.ts'
import { inProcessing } from './message-spans.ts'
import type { Held, Pull } from './pull.ts'

/** An event and its number in the stream. */
export interface DeliveredEvent extends ReceivedEvent {
  readonly sequence: number
}

export interface Handling {
  /**
   * Deals with events in one transaction of its own. It gets each at least once, so it has to pass over an event id
   * that it knows, and gets those of one aggregate mostly, not always, in order. What it rejects with decides:
   * an error with `statusCode` 503 is nobody's fault, and all come again until it goes away; with any other each comes
   * again by itself, and what fails five times is laid aside.
   */
  handle(events: readonly DeliveredEvent[]): Promise<void>
  /** Before the second, third, fourth and fifth try. Milliseconds. */
  readonly retryDelaysMs?: readonly [number, number, number, number]
}

interface DeliveryOptions extends Handling {
  readonly stream: string
  readonly durable: string
  readonly pull: Pull
  readonly deadLetter: (letter: DeadLetter) => Promise<void>
  readonly log: Log
}

interface Parcel {
  readonly message: Held
  readonly event: DeliveredEvent
}

/** Brings messages to where they belong, to the handler or among the dead letters; then they are acknowledged. */
export function createDelivery(options: DeliveryOptions): (messages: readonly Held[]) => Promise<void> {
  const { handle, pull, log, durable } = options
  const layAside = createLayAside(options)
  const failed = createRetry(options, layAside)
  let outages = 0

  const postpone = (parcels: readonly Parcel[]) => {
    const ms = Math.min(100 * 2 ** outages, 10_000)
    for (const { message } of parcels) pull.nak(message, ms)
  }

  /** @returns false when what the handler needs is away, and no more needs to be tried now */
  const hand = async (parcels: readonly Parcel[]): Promise<boolean> => {
    try {
      const messages = parcels.map(({ message }) => message)
      await inProcessing(messages, durable, () => handle(parcels.map(({ event }) => event)))
    } catch (err) {
      if (isOutage(err)) {
        log.warn({ err, events: parcels.length }, 'events are postponed')
        postpone(parcels)
        outages += 1
        return false
      }
      if (parcels.length > 1) return handOneByOne(parcels)
      for (const { message } of parcels) await failed(message, err)
      return true
    }
    outages = 0
    for (const { message } of parcels) pull.ack(message)
    return true
  }

  const handOneByOne = async (parcels: readonly Parcel[]) => {
    for (const [i, parcel] of parcels.entries()) {
      if (await hand([parcel])) continue
      postpone(parcels.slice(i + 1))
      return false
    }
    return true
  }

  return async (messages) => {
    const parcels: Parcel[] = []
    const poison: Promise<void>[] = []
    for (const message of messages) {
      const event = readEvent(message.subject, message.data)
      if ('poison' in event) poison.push(layAside(message, event.poison))
      else parcels.push({ message, event: { ...event, sequence: message.sequence } })
    }
    if (parcels.length > 0) await hand(parcels)
    await Promise.all(poison)
  }
}

const isOutage = (error: unknown) =>
  error instanceof Error && 'statusCode' in error && error.statusCode === 503

function createLayAside({ stream, pull, deadLetter, log }: DeliveryOptions) {
  return async (message: Held, reason: string) => {
    const { subject, data, sequence, storedAt } = message
    try {
      await deadLetter({
        stream,
        sequence,
        subject,
        body: data,
        reason,
        id: `${stream}.${sequence}.${storedAt}`,
      })
      log.error({ subject, sequence, reason }, 'a message went to the dead letters')
      pull.ack(message)
    } catch (err) {
      log.error({ err, subject, sequence, reason }, 'a message could not be laid aside')
      pull.nak(message, 5000)
    }
  }
}

function createRetry(
  { pull, log, retryDelaysMs = [1000, 5000, 15_000, 60_000] }: DeliveryOptions,
  layAside: (message: Held, reason: string) => Promise<void>,
) {
  const failuresOf = new Map<number, number>()
  return async (message: Held, err: unknown) => {
    const failures = (failuresOf.get(message.sequence) ?? 0) + 1
    failuresOf.set(message.sequence, failures)
    log.warn({ err, sequence: message.sequence, failures }, 'an event could not be handled')
    const retryMs = retryDelaysMs[failures - 1]
    if (retryMs !== undefined) return pull.nak(message, retryMs)
    failuresOf.delete(message.sequence)
    await layAside(message, `failed five times, at last with ${faultOf(err)}`)
  }
}

/** What kind of error it was in the end: what one says may repeat what the event does. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  if (error.cause instanceof Error) return faultOf(error.cause)
  return 'code' in error ? `${error.name} ${error.code}` : error.name
}
