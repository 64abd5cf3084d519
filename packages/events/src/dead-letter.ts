import { jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'

/** A message that could not be used, byte for byte as it came. */
export interface DeadLetter {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly body: Uint8Array
  readonly reason: string
  /** The same for the same message, however often it is laid aside. */
  readonly id: string
}

/**
 * Takes note of a letter in the stream DEAD_LETTERS: why, and where it is found for as long as its own stream keeps it. Not of
 * what it says, which may be personal and is erased there alone. Resolves when that is kept.
 */
export async function bury(connection: NatsConnection, service: string, letter: DeadLetter): Promise<void> {
  const about = headers()
  about.set('Dead-Letter-Reason', letter.reason.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500))
  about.set('Dead-Letter-Subject', letter.subject)
  about.set('Dead-Letter-Sequence', `${letter.sequence}`)
  const subject = `dead_letter.${service}.${letter.stream}`
  await jetstream(connection).publish(subject, '', {
    headers: about,
    msgID: letter.id,
    timeout: 5000,
  })
}
