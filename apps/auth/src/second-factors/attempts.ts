import type { LoginFailure } from '@gatehouse/contracts/auth-events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { refusal, type Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Background } from '../background.ts'

export interface AttemptDeps {
  readonly db: Database
  readonly throttle: Throttle
  readonly background: Background
}

/** Who tries to prove themselves, and the tenant that is told of it. */
export interface Person {
  readonly id: string
  readonly tenantId: string
}

/**
 * What can be guessed, and where. Each has a limit of its own, so that who knows a password and guesses codes at the
 * door keeps its owner neither from setting a new password nor from what they do in a session. Nobody else gets as far.
 */
export type Guess =
  | 'code at sign-in'
  | 'code at password reset'
  | 'code in session'
  | 'password'
  | 'first code'

/**
 * Takes one of the five attempts that there are in five minutes, over all replicas, before anything is checked.
 * @returns what gives it back, if it was no failure
 * @throws tooManyRequests
 */
export async function takeAttempt(
  deps: AttemptDeps,
  person: Person,
  guess: Guess,
  origin: Origin,
): Promise<() => void> {
  const limits = [{ key: `second factor:${guess}:${person.id}`, max: 5, windowSeconds: 300 }]
  const exhaustion = await deps.throttle.tryTake(limits)
  if (exhaustion) {
    // One event tells of all that a window refuses.
    if (exhaustion.isFirst) await recordRefusal(deps, person, 'rate_limited', origin)
    throw refusal(exhaustion)
  }
  return () => deps.background('giving an attempt back', () => deps.throttle.giveBack(limits))
}

/** Records that somebody failed to prove themselves. */
export async function recordRefusal(
  { db }: AttemptDeps,
  { id, tenantId }: Person,
  reason: LoginFailure,
  origin: Origin,
) {
  await inTenant(db, tenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId,
      actor: { type: 'user', id },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason },
    }),
  )
}
