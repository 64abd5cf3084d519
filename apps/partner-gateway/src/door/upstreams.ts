import type { ServiceName } from '@gatehouse/contracts/events'
import { Problem } from '@gatehouse/contracts/problem'
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { brokenAnswer, lateAnswer, upstreamResting } from '../errors.ts'

/** Calls what is behind the door, and leaves a service alone for a while that doesn't answer. */
export interface Upstreams {
  /**
   * Runs `send`, which settles once the answer has begun or can't be had any more. Where that is for what the client sent,
   * it fails with a Problem, and that is no fault of the service.
   * @throws Problem that one; else 502, or 504 after the time that an answer may take; 503 without a try while the service rests
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
    handleWhen((error) => problemIn(error) === undefined),
    { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failuresInARow) },
  )

function failureOf(cause: unknown) {
  const ofClient = problemIn(cause)
  if (ofClient) return ofClient
  const again = { cause, headers: { 'retry-after': '1' } }
  if (cause instanceof BrokenCircuitError)
    return upstreamResting({ cause, headers: { 'retry-after': `${restMs / 1_000}` } })
  const isLate = chainOf(cause).some(({ code }) => code === 'UND_ERR_HEADERS_TIMEOUT')
  return isLate ? lateAnswer(again) : brokenAnswer(again)
}

const problemIn = (error: unknown) => chainOf(error).find((each) => each instanceof Problem)

const chainOf = (error: unknown): NodeJS.ErrnoException[] =>
  error instanceof Error ? [error, ...chainOf(error.cause)] : []
