import { isTracing, type Span, startSpan } from '@gatehouse/telemetry/span'
import type { Held } from './pull.ts'
import type { Unsent } from './unsent.ts'

/** Spans of messages, by event id. */
export type MessageSpans = ReadonlyMap<string, Span>

const none: MessageSpans = new Map()

/** Begins a span of the sending of each message that a trace led to; the consumer's is to be a part of it. */
export function startSending(
  messages: readonly Pick<Unsent, 'eventId' | 'subject' | 'payload'>[],
): MessageSpans {
  if (!isTracing()) return none
  const spans = new Map<string, Span>()
  for (const { eventId, subject, payload } of messages) {
    const parent = { traceparent: (payload as { readonly traceparent?: unknown }).traceparent }
    if (typeof parent.traceparent !== 'string') continue
    const attributes = { ...aboutMessage(subject, 'send'), 'messaging.message.id': eventId }
    const span = startSpan(`send ${subject}`, { kind: 'producer', attributes, parent })
    if (span) spans.set(eventId, span)
  }
  return spans
}

export function endSending(spans: MessageSpans, failures: readonly { eventId: string; err: unknown }[]) {
  for (const { eventId, err } of failures) spans.get(eventId)?.fail(err)
  for (const span of spans.values()) span.end()
}

/**
 * Handles messages of a durable consumer, each as a span of the trace that led to it. What is done for all of them at once
 * is shown as a part of the first, to which the others have a link.
 */
export function inProcessing(
  messages: readonly Held[],
  durable: string,
  handle: () => Promise<void>,
): Promise<void> {
  if (!isTracing()) return handle()
  return handleInSpans(messages, durable, handle)
}

async function handleInSpans(messages: readonly Held[], durable: string, handle: () => Promise<void>) {
  const spans: Span[] = []
  for (const { subject, traceparent } of messages) {
    if (traceparent === undefined) continue
    const attributes = {
      ...aboutMessage(subject, 'process'),
      'messaging.consumer.group.name': durable,
      'messaging.batch.message_count': messages.length,
    }
    const parent = { traceparent }
    const about = { kind: 'consumer', attributes, parent, link: spans[0] } as const
    const span = startSpan(`process ${subject}`, about)
    if (span?.isSampled) spans.push(span)
  }
  try {
    await (spans[0] ? spans[0].run(handle) : handle())
  } catch (error) {
    for (const span of spans) span.fail(error)
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}

const aboutMessage = (subject: string, operation: string) => ({
  'messaging.system': 'nats',
  'messaging.destination.name': subject,
  'messaging.operation.type': operation,
})
