import { idempotencyKeys } from '@gatehouse/db/idempotency'
import type { Outdated } from '@gatehouse/db/purge'
import { attempts } from '@gatehouse/throttle/attempts'
import { oneTimeTokens, refreshTokens, sessions, socialLogins } from './tables.ts'

/** What is deleted once it has had its time. */
export const outdated: readonly Outdated[] = [
  // An address from which somebody was signed in is familiar for 90 days; a session itself lives for 30 of them.
  { at: sessions.expiresAt, days: 60 },
  { at: refreshTokens.expiresAt, days: 1 },
  { at: oneTimeTokens.expiresAt, days: 1 },
  { at: socialLogins.expiresAt, days: 1 },
  { at: attempts.resetsAt, days: 0 },
  { at: idempotencyKeys.createdAt, days: 1 },
]
