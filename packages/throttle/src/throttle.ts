import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import type { Database } from '@gatehouse/db/connect'
import { statementsFor } from './attempts.ts'

/** What is counted, and how often it may happen in a window. */
export interface Limit {
  /** E.g. `login:account:ada@example.com`; only a digest of it is stored. */
  readonly key: string
  readonly max: number
  readonly windowSeconds: number
}

/** A limit that is used up. */
export interface Exhaustion {
  readonly limit: Limit
  readonly retryAfterSeconds: number
  /** Whether it is the first attempt of the window that found it so: the one to tell of. */
  readonly isFirst: boolean
}

/** Counts attempts for all replicas together. */
export interface Throttle {
  /**
   * Takes one attempt from each limit, in one statement, before what is limited is done: so many at once get no more
   * than `max` through. In their order: one that is used up leaves those behind it as they are, so that what is refused
   * for one address does not count against an account.
   * @throws tooManyRequests with `Retry-After` when one of them is used up
   */
  take(limits: readonly Limit[]): Promise<void>
  /** Takes as `take` does, and says which one is used up instead of throwing. */
  tryTake(limits: readonly Limit[]): Promise<Exhaustion | undefined>
  /** Gives attempts back that turned out to be no failures; in the order in which they were taken. */
  giveBack(limits: readonly Limit[]): Promise<void>
  /** How often a limit was found used up, by what is limited: the first two parts of its key. */
  refusals(): ReadonlyMap<string, number>
}

export function createThrottle(db: Database): Throttle {
  const refusals = new Map<string, number>()
  const tryTake: Throttle['tryTake'] = async (limits) => {
    if (limits.length === 0) return undefined
    const taken = await statementsFor(limits.length).take(db.orm).execute(valuesOf(limits))
    const byStep = new Map(taken.map((row) => [row.step, row]))
    const refused = limits.findIndex(({ max }, step) => (byStep.get(step)?.count ?? Infinity) > max)
    const limit = limits[refused]
    if (!limit) return undefined
    const kind = kindOf(limit)
    refusals.set(kind, (refusals.get(kind) ?? 0) + 1)
    const row = byStep.get(refused)
    const seconds = row?.seconds ?? (await secondsLeft(limit))
    return { limit, retryAfterSeconds: Math.max(1, seconds), isFirst: row !== undefined }
  }

  const secondsLeft = async (limit: Limit) => {
    const [row] = await statementsFor(1)
      .secondsLeft(db.orm)
      .execute(valuesOf([limit]))
    return row?.seconds ?? 1
  }

  return {
    tryTake,

    refusals: () => refusals,

    async take(limits) {
      const exhaustion = await tryTake(limits)
      if (exhaustion) throw refusal(exhaustion)
    },

    async giveBack(limits) {
      if (limits.length > 0) await statementsFor(limits.length).giveBack(db.orm).execute(valuesOf(limits))
    },
  }
}

/** The answer to somebody for whom a limit is used up. */
export const refusal = ({ retryAfterSeconds }: Exhaustion) =>
  tooManyRequests({ headers: { 'retry-after': `${retryAfterSeconds}` } })

/**
 * What a client's attempts are counted by: its IPv4 address, or the /64 of its IPv6 address, which is the least that
 * anybody has. Takes an address in its canonical spelling, in which an IPv4-mapped one is IPv4.
 */
export function networkOf(sourceIp: string | undefined): string {
  if (sourceIp === undefined || !isIPv6(sourceIp)) return sourceIp ?? 'unknown'
  const [head = '', tail] = sourceIp.split('::')
  const groups = head.split(':').filter(Boolean)
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail?.split(':').filter(Boolean) ?? [])]
  return `${all.slice(0, 4).join(':')}::/64`
}

/** What stands before whose attempts they are: `login:account` of `login:account:ada@example.com`. */
const kindOf = ({ key }: Limit) => key.split(':', 2).join(':')

const digestOf = ({ key }: Limit) => createHash('sha256').update(key).digest('hex')

/** What the placeholders of the statements stand for. */
const valuesOf = (limits: readonly Limit[]) =>
  Object.fromEntries(
    limits.flatMap((limit, step) => [
      [`digest${step}`, digestOf(limit)],
      [`max${step}`, limit.max],
      [`window${step}`, limit.windowSeconds],
    ]),
  )
