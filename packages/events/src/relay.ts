import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { awaitAudit } from './audit-backlog.ts'
import { createBell } from './bell.ts'
import { startClearing } from './clearing.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import { isUrgent } from './outbox.ts'
import { type Published, publish } from './publish.ts'
import { supervise } from './supervise.ts'
import { createTurns, type Turns } from './turns.ts'
import { type Backlog, backlogOf, claimSending, markSent, noBacklog } from './unsent.ts'

const batch = 500

interface RelayOptions {
  readonly db: Database
  readonly nats: Nats
  readonly log: Log
  /** How long an event may lie unseen that another process wrote, or left behind. Milliseconds. */
  readonly pollMs?: number
  /** How long events are gathered, so that they go out, and arrive, in one piece. Milliseconds. */
  readonly gatherMs?: number
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

/** Of a look: there is more to send at once, there is no more, or another relay is sending. */
type Outcome = 'more' | 'done' | 'busy'

/**
 * Sends what a service's outbox holds to JetStream, each message at least once: a row counts as sent only when a stream
 * has acknowledged it. Of all the relays of a database one sends at a time. A commit of this process that revokes
 * something wakes it at once, any other after `gatherMs`, and it looks by itself besides; NATS or the database may come
 * late, or go and come back. Of a backlog every tenant gets its share, and no more goes out at a time than audit takes up.
 * Cleared away is what was sent more than a week ago.
 */
export function startRelay(options: RelayOptions): Relay {
  const { db, nats, log, pollMs = 1000, gatherMs = 150 } = options
  const bell = createBell()
  const noteSequence = createSequence(options)
  const turns = createTurns()
  let backlog = noBacklog
  let healthyAt = performance.now()
  let own: Tx | undefined
  let gathering: NodeJS.Timeout | undefined
  let hasHurry = false

  const gather = () => {
    gathering ??= setTimeout(() => {
      gathering = undefined
      bell.ring()
    }, gatherMs)
  }
  const send = async (): Promise<Outcome> => {
    const sent = await inPlatform(db, (tx) => {
      own = tx
      return sendBatch(tx, nats, turns)
    })
    if (!sent) return 'busy'
    backlog = sent.backlog
    noteSequence(sent.sequence)
    const [failure] = sent.failures
    if (failure && sent.eventIds.length === 0) throw failure.err
    if (failure) log.error({ ...failure, failures: sent.failures.length }, 'some events were not taken')
    healthyAt = performance.now()
    return sent.isAll || failure ? 'done' : 'more'
  }
  const count = async (): Promise<Outcome> => {
    backlog = await readInPlatform(db, backlogOf)
    if (backlog.depth === 0) healthyAt = performance.now()
    return 'done'
  }
  const session = async (stopping: AbortSignal) => {
    stopping.addEventListener('abort', hurry)
    while (!stopping.aborted) {
      hasHurry = false
      const outcome = await (nats.isConnected() ? send() : count())
      // Whoever is sending may have looked before the last commit here.
      if (outcome === 'busy') gather()
      // The stream knows no turns: whoever comes into it waits for all that is there already.
      if (outcome === 'more') await awaitAudit(nats, { atMost: batch, bell, isOver: () => hasHurry })
      else await bell.wait(pollMs)
    }
  }
  const hurry = () => {
    hasHurry = true
    bell.ring()
  }
  db.onCommit((tx) => {
    if (isUrgent(tx)) hurry()
    else if (tx !== own) gather()
  })
  const unsubscribe = nats.onChange(bell.ring)
  const relaying = supervise({ what: 'the outbox relay', log, session })
  const clearing = startClearing(db, log)
  return {
    backlog: () => backlog,
    isHealthy: () => performance.now() - healthyAt < 10_000,
    async stop() {
      unsubscribe()
      await Promise.all([relaying.stop(), clearing.stop()])
      clearTimeout(gathering)
      const endsAt = performance.now() + 3000
      try {
        while (nats.isConnected() && performance.now() < endsAt && (await send()) === 'more');
      } catch (err) {
        log.warn({ err }, 'the outbox was left as it is')
      }
    },
  }
}

/** Makes what is told how far IDENTITY has come, and tells when it was made anew. */
function createSequence({ log, onStreamLost }: RelayOptions): (latest: number) => void {
  let sequence = 0
  return (latest) => {
    if (latest === 0) return
    if (latest < sequence) {
      log.warn({ sequence: latest, before: sequence }, 'the stream IDENTITY was made anew')
      onStreamLost?.()
    }
    sequence = latest
  }
}

const nothing: Published = { eventIds: [], sequence: 0, failures: [] }

/** @returns undefined when another relay is sending */
async function sendBatch(tx: Tx, nats: Nats, turns: Turns) {
  if (!(await claimSending(tx))) return undefined
  const { messages, isAll } = await turns(tx, batch)
  if (messages.length === 0) return { ...nothing, isAll: true, backlog: noBacklog }
  const { eventIds, sequence, failures } = await publish(
    await nats.connection(AbortSignal.timeout(1000)),
    messages,
  )
  await markSent(tx, eventIds)
  const isEmptied = isAll && eventIds.length === messages.length
  return { eventIds, sequence, failures, isAll, backlog: isEmptied ? noBacklog : await backlogOf(tx) }
}
