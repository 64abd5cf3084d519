import type { Nats } from './nats.ts'
import type { RevocationFeed } from './revocation.ts'

/** What there is to watch of NATS and of what is heard from it on revocations, by the names that metrics have. */
export const feedMetrics = (nats: Nats, feed: RevocationFeed) => ({
  nats_connected: {
    help: 'Whether there is a connection to NATS: 1 or 0.',
    read: () => (nats.isConnected() ? 1 : 0),
  },
  revocation_feed_age_seconds: {
    help: 'How long ago it was known that no revocation was missed: from 15 s on auth is asked about every token.',
    read: feed.ageSeconds,
  },
})
