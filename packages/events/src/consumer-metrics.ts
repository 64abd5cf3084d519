import type { Consumption } from './consumer.ts'

/** What there is to watch of a durable consumer, by the names that metrics have. */
export function consumerMetrics(consumer: string, { isHealthy, tallies }: Consumption) {
  const of = (read: () => number) => ({
    labels: ['consumer'],
    read: () => [{ labels: { consumer }, value: read() }],
  })
  return {
    consumer_up: {
      help: 'Whether events are being pulled: 1, or 0 while NATS, the stream or the consumer is away.',
      ...of(() => (isHealthy() ? 1 : 0)),
    },
    consumer_pending_events: {
      help: 'How many events of the stream the consumer has not been given yet, a moment ago.',
      ...of(() => tallies().pending),
    },
    consumer_unacknowledged_events: {
      help: 'How many events it has been given and not acknowledged, on all replicas, a moment ago.',
      ...of(() => tallies().unacknowledged),
    },
    consumer_handled_events_total: {
      help: 'How many events this process has handled.',
      ...of(() => tallies().handled),
    },
    consumer_redelivered_events_total: {
      help: 'How many times this process was given an event that had been given out before.',
      ...of(() => tallies().redelivered),
    },
    consumer_dead_letters_total: {
      help: 'How many messages this process has laid aside: each is worth a look.',
      ...of(() => tallies().deadLetters),
    },
  }
}
