import { setTimeout as delay } from 'node:timers/promises'
import type { SentEvents } from '@gatehouse/contracts/reconciliation'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { createBell } from './bell.ts'
import type { Log } from './log.ts'
import type { Nats } from './nats.ts'
import {
  beginning,
  claimReconciling,
  confirm,
  confirmSweep,
  type Mark,
  marksOfNow,
  putBack,
  sentEvents,
} from './reconciliation.ts'
import { supervise } from './supervise.ts'

/** Events that audit is asked about in one request. */
const pageSize = 400

/** Before another try while another reconciler is at work. Milliseconds. */
const busyMs = 1000

/** Asks audit which of these events it does not have. Rejects while it can't say. */
export type FindMissing = (events: SentEvents['events']) => Promise<readonly string[]>

interface ReconcilerOptions {
  readonly db: Database
  readonly nats: Nats
  readonly log: Log
  readonly findMissing: FindMissing
  /** From one whole round to the next, when nothing else gives rise to one. Milliseconds. */
  readonly everyMs?: number
  /** From one round to the next, which is about what was sent meanwhile. Milliseconds. */
  readonly lookEveryMs?: number
  /** How long audit has to record what was just sent before it is asked. Milliseconds. */
  readonly settleMs?: number
}

export interface Reconciler {
  /** How many events this process has found missing and had sent again. */
  found(): number
  /** Has a whole round begin now: the stream may have lost what it was given. */
  hurry(): void
  stop(): Promise<void>
}

/**
 * Asks audit whether it has what a service has sent, and has the relay send again what it lacks, so that losing a stream
 * costs a delay and no event. Of what was just sent it does so every minute, so that no gap lasts longer unseen; of all that
 * audit has not confirmed at its start, every hour, and whenever NATS comes back, which may have come back empty. Of all the
 * reconcilers of a database one works at a time.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { db, nats, log, findMissing, everyMs = 3_600_000, lookEveryMs = 60_000, settleMs = 5000 } = options
  const bell = createBell()
  let found = 0
  /** Where the next round begins, if it need not be a whole one. */
  let looked: Mark | undefined
  let wholeAt = Number.NEGATIVE_INFINITY

  /** @returns false when it was cut short by another reconciler at work */
  const askAbout = async (from: Mark, until: Mark, stopping: AbortSignal) => {
    for (let next: Mark | undefined = from; next; ) {
      stopping.throwIfAborted()
      const page: Page = { from: next, until, findMissing }
      const checked: Checked | undefined = await inPlatform(db, (tx) => checkPage(tx, page))
      if (!checked) return false
      next = checked.next
      if (checked.missing === 0) continue
      found += checked.missing
      log.warn({ missing: checked.missing }, 'audit has not got some events, which are sent again')
    }
    return true
  }
  /** @returns as `askAbout` */
  const round = async (stopping: AbortSignal) => {
    const beganAt = performance.now()
    const { until, next } = await readInPlatform(db, marksOfNow)
    await delay(settleMs, undefined, { signal: stopping })
    const since = beganAt - wholeAt < everyMs ? looked : undefined
    if (!since) wholeAt = beganAt
    // Until it is through: what cuts it short has the next one be whole.
    looked = undefined
    const { from, isSweep } = since ? { from: since, isSweep: false } : await readInPlatform(db, beginning)
    if (!(await askAbout(from, until, stopping))) return false
    if (isSweep) await inPlatform(db, confirmSweep)
    looked = next
    return true
  }
  const session = async (stopping: AbortSignal) => {
    stopping.addEventListener('abort', bell.ring)
    while (!stopping.aborted) {
      await nats.connection(stopping)
      bell.mute()
      const isDone = await round(stopping)
      await bell.wait(isDone ? Math.min(lookEveryMs, everyMs) : busyMs)
    }
  }
  const hurry = () => {
    wholeAt = Number.NEGATIVE_INFINITY
    bell.ring()
  }
  const unsubscribe = nats.onChange((connected) => connected && hurry())
  const reconciling = supervise({ what: 'asking audit for what it has not got', log, session })
  return {
    found: () => found,
    hurry,
    async stop() {
      unsubscribe()
      await reconciling.stop()
    },
  }
}

interface Page {
  readonly from: Mark
  readonly until: Mark
  readonly findMissing: FindMissing
}

interface Checked {
  readonly missing: number
  /** Where to go on, if there is more. */
  readonly next: Mark | undefined
}

/** @returns undefined when another reconciler is at work */
async function checkPage(tx: Tx, { from, until, findMissing }: Page): Promise<Checked | undefined> {
  if (!(await claimReconciling(tx))) return undefined
  const sent = await sentEvents(tx, from, until, pageSize)
  const asked = sent.map(({ eventId, occurredAt }) => ({ id: eventId, occurredAt: occurredAt.toISOString() }))
  const unknown = new Set(asked.length > 0 ? await findMissing(asked) : [])
  const missing = sent.filter(({ eventId }) => unknown.has(eventId)).map(({ eventId }) => eventId)
  await putBack(tx, missing)
  const next = sent.length === pageSize ? sent.at(-1) : undefined
  await confirm(tx, next ?? until)
  return { missing: missing.length, next }
}
