import type { ConsumerInfo } from '@nats-io/jetstream'
import type { DeadLetter } from './dead-letter.ts'
import type { Handling } from './delivery.ts'
import type { Held } from './pull.ts'

/** What has come of a stream, to this process since it began. */
export interface Tallies {
  readonly handled: number
  /** Given to it again. */
  readonly redelivered: number
  /** Laid aside. */
  readonly deadLetters: number
  /** Of the durable consumer, as it was a moment ago: not given out yet; given out and not acknowledged. */
  readonly pending: number
  readonly unacknowledged: number
}

interface Counted extends Handling {
  deadLetter(letter: DeadLetter): Promise<void>
}

/** Counts what becomes of the messages of a durable consumer. */
export function createTallies() {
  const tallies = { handled: 0, redelivered: 0, deadLetters: 0, pending: 0, unacknowledged: 0 }
  return {
    read: (): Tallies => tallies,
    note({ num_pending, num_ack_pending }: Pick<ConsumerInfo, 'num_pending' | 'num_ack_pending'>) {
      Object.assign(tallies, { pending: num_pending, unacknowledged: num_ack_pending })
    },
    take(messages: readonly Held[]) {
      for (const { redeliveries } of messages) if (redeliveries > 0) tallies.redelivered += 1
    },
    counted: <C extends Counted>(handling: C): C => ({
      ...handling,
      async handle(events) {
        await handling.handle(events)
        tallies.handled += events.length
      },
      async deadLetter(letter) {
        await handling.deadLetter(letter)
        tallies.deadLetters += 1
      },
    }),
  }
}
