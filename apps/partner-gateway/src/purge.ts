import { idempotencyKeys } from '@gatehouse/db/idempotency'
import type { Outdated } from '@gatehouse/db/purge'
import { attempts } from '@gatehouse/throttle/attempts'
import { clientUsage } from './tables.ts'

/** What is deleted once it has had its time. */
export const outdated: readonly Outdated[] = [
  { at: attempts.resetsAt, days: 0 },
  { at: idempotencyKeys.createdAt, days: 1 },
  { at: clientUsage.day, days: 400 },
]
