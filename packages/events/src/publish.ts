import { type JetStreamClient, jetstream } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { endSending, type MessageSpans, startSending } from './message-spans.ts'
import type { Unsent } from './unsent.ts'

type Message = Omit<Unsent, 'position'>

/** No more is begun after so many milliseconds, and none waited for longer: the transaction around it has its own limit. */
const windowMs = 2000

export interface Published {
  /** The events that a stream has acknowledged. */
  readonly eventIds: readonly string[]
  /** The highest number that IDENTITY gave one of them; 0 when it has taken none, or had them before. */
  readonly sequence: number
  /** Why others were not taken. */
  readonly failures: readonly { readonly eventId: string; readonly subject: string; readonly err: unknown }[]
}

/**
 * Publishes messages: those of IDENTITY in one piece if there are several, so that the server writes to its disk once;
 * if it won't have them so, because it has one of them already, each by itself, as the others. What was published before
 * under the same event id a stream takes only once.
 */
export async function publish(connection: NatsConnection, messages: readonly Message[]): Promise<Published> {
  const js = jetstream(connection)
  const spans = startSending(messages)
  const published = await publishAll(js, messages, spans)
  endSending(spans, published.failures)
  return published
}

async function publishAll(js: JetStreamClient, messages: readonly Message[], spans: MessageSpans) {
  const { events = [], others = [] } = Object.groupBy(messages, ({ subject }) =>
    subject.startsWith('identity.') ? 'events' : 'others',
  )
  const sequence = await publishWhole(js, events, spans).catch(() => undefined)
  if (sequence === undefined) return publishEach(js, messages, spans)
  const { eventIds, failures } = await publishEach(js, others, spans)
  return { eventIds: [...events.map(({ eventId }) => eventId), ...eventIds], sequence, failures }
}

/**
 * Publishes all in order, or none (NATS architecture decision record 50).
 * @returns the number of the last in the stream; undefined when there are not several
 */
async function publishWhole(
  js: JetStreamClient,
  messages: readonly Message[],
  spans: MessageSpans,
): Promise<number | undefined> {
  const headersOf = (message: Message) => ({ headers: headerOf(message, spans) })
  const [first, ...more] = messages
  const last = more.pop()
  if (!first || !last) return undefined
  const batch = await js.startBatch(first.subject, bodyOf(first), { ...headersOf(first), timeout: windowMs })
  for (const message of more)
    batch.add(message.subject, bodyOf(message), { ...headersOf(message), ack: false })
  const { seq } = await batch.commit(last.subject, bodyOf(last), { ...headersOf(last), timeout: windowMs })
  return seq
}

/**
 * Publishes all at once, but those of one aggregate one after another, so that a later change never overtakes an earlier
 * one that failed.
 */
async function publishEach(
  js: JetStreamClient,
  messages: readonly Message[],
  spans: MessageSpans,
): Promise<Published> {
  const eventIds: string[] = []
  const failures: Published['failures'][number][] = []
  const endsAt = performance.now() + windowMs
  let sequence = 0

  const publishOne = async (message: Message) => {
    const { eventId, subject } = message
    try {
      const options = { headers: headerOf(message, spans), timeout: windowMs }
      const { stream, seq, duplicate } = await js.publish(subject, bodyOf(message), options)
      if (stream === 'IDENTITY' && !duplicate) sequence = Math.max(sequence, seq)
      eventIds.push(eventId)
      return true
    } catch (err) {
      failures.push({ eventId, subject, err })
      return false
    }
  }
  const publishInOrder = async (ofOneAggregate: readonly Message[]) => {
    for (const message of ofOneAggregate) {
      if (performance.now() > endsAt || !(await publishOne(message))) return
    }
  }
  const byAggregate = Map.groupBy(
    messages,
    ({ aggregateType, aggregateId }) => `${aggregateType} ${aggregateId}`,
  )
  await Promise.all([...byAggregate.values()].map(publishInOrder))
  return { eventIds, sequence, failures }
}

const bodyOf = ({ payload, occurredAt }: Message) =>
  JSON.stringify({ ...(payload as object), time: occurredAt.toISOString() })

function headerOf({ eventId }: Message, spans: MessageSpans) {
  const own = headers()
  own.set('Nats-Msg-Id', eventId)
  for (const [name, value] of Object.entries(spans.get(eventId)?.headers ?? {})) own.set(name, value)
  return own
}
