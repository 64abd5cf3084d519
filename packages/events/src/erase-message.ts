import { JetStreamApiError, jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { Nats } from './nats.ts'

/** A message of a stream: its number there, and the event that it tells of. */
export interface StoredMessage {
  readonly sequence: number
  readonly eventId: string
}

const timeout = 2000

/**
 * Erases messages from IDENTITY: each is overwritten on the disk, and its number left empty. One that is not there any
 * more, or tells of another event since the stream was made anew, is left alone. For the user `audit`.
 * @throws when NATS is away
 */
export async function eraseMessages(nats: Nats, messages: readonly StoredMessage[]): Promise<void> {
  const connection = await nats.connection(AbortSignal.timeout(timeout))
  const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout })
  const erase = async ({ sequence, eventId }: StoredMessage) => {
    const stored = await streams.getMessage('IDENTITY', { seq: sequence })
    if (stored && isOf(stored, eventId)) await streams.deleteMessage('IDENTITY', sequence, true)
  }
  await Promise.all(messages.map((message) => erase(message).catch(unlessGone)))
}

/** By what it was published under, or else by what it says. */
function isOf({ header, data }: StoredMsg, eventId: string) {
  if (header.get('Nats-Msg-Id') === eventId) return true
  try {
    return JSON.parse(new TextDecoder().decode(data))?.id === eventId
  } catch {
    return false
  }
}

/** Somebody else has erased it in the meantime. */
function unlessGone(error: unknown) {
  if (!(error instanceof JetStreamApiError && gone.includes(error.code))) throw error
}

/** JSSequenceNotFoundErrF, JSNoMessageFoundErr and JSStreamMsgDeleteFailedF of the server. */
const gone: readonly number[] = [10043, 10037, 10057]
