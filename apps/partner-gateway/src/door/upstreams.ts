import type { ServiceName } from '@gatehouse/contracts/events'
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { brokenAnswer, lateAnswer, upstreamResting } from '../errors.ts'

/** Calls what is behind the door, and leaves a service alone for a while that doesn't answer. */
export interface Upstreams {
  /**
   * Runs `send`, which settles once the answer has begun or can't be had any more.
   * @throws Problem 502, or 504 after the time that an answer may take; 503 without a try while the service rests
   */
  call(service: ServiceName, send: () => Promise<void>): Promise<void>
}

const failuresInARow = 5
const restMs = 5_000

export function createUpstreams(): Upstreams {
  const breakers = new Map<ServiceName, ReturnType<typeof breaker>>()
  return {
    async call(service, send) {
      const known = breakers.get(service) ?? breaker()
      breakers.set(service, known)
      try {
        await known.execute(send)
      } catch (cause) {
        throw failureOf(cause)
      }
    },
  }
}

const breaker = () =>
  circuitBreaker(
    handleWhen(() => true),
    { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failuresInARow) },
  )

function failureOf(cause: unknown) {
  const again = { cause, headers: { 'retry-after': '1' } }
  if (cause instanceof BrokenCircuitError)
    return upstreamResting({ cause, headers: { 'retry-after': `${restMs / 1_000}` } })
  const isLate = codesOf(cause).includes('UND_ERR_HEADERS_TIMEOUT')
  return isLate ? lateAnswer(again) : brokenAnswer(again)
}

const codesOf = (error: unknown): unknown[] =>
  error instanceof Error ? [(error as NodeJS.ErrnoException).code, ...codesOf(error.cause)] : []
