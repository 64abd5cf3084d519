import type { Database } from '@gatehouse/db/connect'
import { inPlatformAtOnce } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import type { Call } from '../usage.ts'
import { type Account, add } from './repository.ts'

interface Accounts {
  /** Puts a call on its client's account, and returns at once. */
  count(call: Call): void
  /** Writes down what has come together. */
  write(): Promise<void>
  /** Writes down what is left. */
  stop(): Promise<void>
}

interface UsageOptions {
  readonly db: Database
  readonly log: Log
  /** How long a count may be in memory alone. Milliseconds. */
  readonly writeEveryMs?: number
  /** The time, in milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Keeps account of the calls of clients in memory, and writes all of it down every few seconds in one statement: what a
 * process loses when it is killed is less than ten seconds' worth. While the database is away, counts wait.
 */
export function keepAccount(options: UsageOptions): Accounts {
  const { db, log, writeEveryMs = 4_000, now = Date.now } = options
  let entries = new Map<string, Entry>()

  const dayOf = createDay()
  const count = ({ clientId, operation, outcome, bytesIn, bytesOut, ms }: Call) => {
    const times = { calls: 1, msTotal: ms, msMax: ms }
    addTo(entries, { clientId, operation, outcome, bytesIn, bytesOut, day: dayOf(now()), ...times })
  }

  const write = async () => {
    if (entries.size === 0) return
    const accounts = [...entries.values()]
    entries = new Map()
    try {
      await inPlatformAtOnce(db, (tx) => add(tx, accounts))
    } catch (err) {
      log.warn({ err }, 'the usage of clients could not be written down yet')
      for (const entry of accounts) addTo(entries, entry)
    }
  }

  let underWay = Promise.resolve()
  const writeInTurn = () => {
    underWay = underWay.then(write)
    return underWay
  }
  const timer = setInterval(writeInTurn, writeEveryMs).unref()
  return {
    count,
    write: writeInTurn,
    async stop() {
      clearInterval(timer)
      await writeInTurn()
    },
  }
}

const dayMs = 86_400_000

/** Says which day (UTC) it is, written down once a day. */
function createDay() {
  let number = Number.NaN
  let text = ''
  return (now: number) => {
    if (Math.floor(now / dayMs) !== number) {
      number = Math.floor(now / dayMs)
      text = new Date(now).toISOString().slice(0, 10)
    }
    return text
  }
}

type Entry = { -readonly [Key in keyof Account]: Account[Key] }

function addTo(entries: Map<string, Entry>, more: Entry) {
  const key = `${more.clientId} ${more.day} ${more.operation} ${more.outcome}`
  const entry = entries.get(key)
  if (!entry) {
    entries.set(key, more)
    return
  }
  entry.calls += more.calls
  entry.bytesIn += more.bytesIn
  entry.bytesOut += more.bytesOut
  entry.msTotal += more.msTotal
  entry.msMax = Math.max(entry.msMax, more.msMax)
}
