import type { Passwords } from './passwords.ts'

/** What there is to watch of the hashing of passwords, by the names that metrics have. */
export const passwordMetrics = ({ use }: Passwords) => ({
  password_hashes_running: {
    help: 'Passwords that are being hashed.',
    read: () => use().running,
  },
  password_hashes_waiting: {
    help: 'Passwords that wait for a thread.',
    read: () => use().waiting,
  },
  password_hashes_total: {
    help: 'Passwords that were hashed, or are being.',
    read: () => use().begun,
  },
  password_hash_wait_seconds_total: {
    help: 'How long they had waited for a thread, all of them together.',
    read: () => use().waitedSeconds,
  },
  password_hashes_refused_total: {
    help: 'Passwords that were not hashed because the wait would have been too long: each was answered 503.',
    read: () => use().refused,
  },
})
