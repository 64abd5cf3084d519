import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { type Published, publish } from './publish.ts'
import { supervise } from './supervise.ts'
import { type Backlog, backlogOf, claimSending, clearSent, markSent, noBacklog, unsent } from './unsent.ts'

const batch = 500
const clearEveryMs = 3_600_000

/** How often what waits is counted while NATS is away. */
const awayMs = 1000

/** The shortest time between two looks when the first had nothing to send, however many commits there are. */
const restMs = 5

interface RelayOptions {
  readonly db: Database
  readonly nats: Nats
  readonly log: Log
  /** How long an event may lie unseen that another process wrote, or left behind. Milliseconds. */
  readonly pollMs?: number
  /** Called when IDENTITY counts from the beginning again, and so has lost what it was given. */
  onStreamLost?(): void
}

export interface Relay {
  /** What waited in the outbox at the last look. */
  backlog(): Backlog
  /** Whether everything goes out: within the last 10 s nothing was left to send, or something was sent. */
  isHealthy(): boolean
  /** Sends what is there, for 3 s at most, and ends. */
  stop(): Promise<void>
}

/** Of a look: there is more to send at once, something was sent, there was nothing, or another relay is sending. */
type Outcome = 'more' | 'sent' | 'idle' | 'busy'

/**
 * Sends what a service's outbox holds to JetStream, each message at least once: a row counts as sent only when a stream
 * has acknowledged it. Of all the relays of a database one sends at a time. A commit of this process wakes it, and it
 * looks by itself besides; NATS or the database may come late, or go and come back. Cleared away is what was sent more
 * than a week ago.
 */
export function startRelay({ db, nats, log, pollMs = 150, onStreamLost }: RelayOptions): Relay {
  const bell = createBell()
  let backlog = noBacklog
  let healthyAt = performance.now()
  // Of others than this relay, whose own ones count too and are taken off again.
  let commits = 0
  let sequence = 0

  const noteSequence = (latest: number) => {
    if (latest === 0) return
    if (latest < sequence) {
      log.warn({ sequence: latest, before: sequence }, 'the stream IDENTITY was made anew')
      onStreamLost?.()
    }
    sequence = latest
  }
  const send = async (): Promise<Outcome> => {
    const sent = await inPlatform(db, (tx) => sendBatch(tx, nats))
    commits -= 1
    if (!sent) return 'busy'
    backlog = sent.backlog
    noteSequence(sent.sequence)
    const [failure] = sent.failures
    if (failure && sent.eventIds.length === 0) throw failure.err
    if (failure) log.error({ ...failure, failures: sent.failures.length }, 'some events were not taken')
    healthyAt = performance.now()
    if (sent.isFull && !failure) return 'more'
    return sent.eventIds.length > 0 ? 'sent' : 'idle'
  }
  const count = async (): Promise<Outcome> => {
    backlog = await readInPlatform(db, backlogOf)
    if (backlog.depth === 0) healthyAt = performance.now()
    return 'idle'
  }
  const rest = async (outcome: Outcome, isNudged: boolean, stopping: AbortSignal) => {
    if (stopping.aborted || outcome === 'more' || (outcome === 'sent' && isNudged)) return
    if (outcome === 'idle' && isNudged) return delay(restMs)
    bell.mute()
    await bell.wait(nats.isConnected() ? pollMs : awayMs)
  }
  const session = async (stopping: AbortSignal) => {
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      const before = commits
      const outcome = await (nats.isConnected() ? send() : count())
      await rest(outcome, commits > before, stopping)
    }
  }
  db.onCommit(() => {
    commits += 1
    bell.ring()
  })
  const unsubscribe = nats.onChange(bell.ring)
  const relaying = supervise({ what: 'the outbox relay', log, session })
  const clearing = supervise({
    what: 'the clearing of the outbox',
    log,
    session: (stopping) => clear(db, stopping),
  })
  return {
    backlog: () => backlog,
    isHealthy: () => performance.now() - healthyAt < 10_000,
    async stop() {
      unsubscribe()
      await Promise.all([relaying.stop(), clearing.stop()])
      const endsAt = performance.now() + 3000
      try {
        while (nats.isConnected() && performance.now() < endsAt && (await send()) === 'more');
      } catch (err) {
        log.warn({ err }, 'the outbox was left as it is')
      }
    },
  }
}

const nothing: Published = { eventIds: [], sequence: 0, failures: [] }

/** @returns undefined when another relay is sending */
async function sendBatch(tx: Tx, nats: Nats) {
  if (!(await claimSending(tx))) return undefined
  const messages = await unsent(tx, batch)
  if (messages.length === 0) return { ...nothing, isFull: false, backlog: noBacklog }
  const { eventIds, sequence, failures } = await publish(
    await nats.connection(AbortSignal.timeout(1000)),
    messages,
  )
  await markSent(tx, eventIds)
  const isFull = messages.length === batch
  const isEmptied = !isFull && eventIds.length === messages.length
  return { eventIds, sequence, failures, isFull, backlog: isEmptied ? noBacklog : await backlogOf(tx) }
}

/** Clears the outbox now and every hour. */
async function clear(db: Database, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    while ((await inPlatform(db, (tx) => clearSent(tx, batch))) === batch);
    await delay(clearEveryMs, undefined, { signal: stopping, ref: false })
  }
}
