import type { Reconciler } from './reconciler.ts'
import type { Relay } from './relay.ts'

/** What there is to watch of an outbox, by the names that metrics have. */
export const outboxMetrics = (relay: Relay, reconciler: Reconciler) => ({
  outbox_unsent_events: {
    help: 'How many events wait to be sent, counted up to 10,000.',
    read: () => relay.backlog().depth,
  },
  outbox_oldest_unsent_seconds: {
    help: 'How long the oldest of them has waited: more than 5 s is worth an alert.',
    read: () => relay.backlog().oldestSeconds,
  },
  outbox_missing_events_total: {
    help: 'How many events audit had not got when it was asked, since the process began; they were sent again.',
    read: reconciler.found,
  },
})
