import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createBell } from '@gatehouse/events/bell'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import type { Seal } from '@gatehouse/keys/seal'
import { type Compose, createDelivery, type Outcome } from './delivery.ts'
import { backlogOf, claimDue, clearOld, isAnythingDue, type MailBacklog, renew } from './due-mails.ts'
import { connections, createSmtp, type SmtpOptions } from './smtp.ts'

const clearEveryMs = 3_600_000
const countEveryMs = 10_000

/** The shortest time between two looks, however many commits there are. */
const restMs = 50

/** No transaction is open for longer: after it, a mail that was announced is there or never will be. */
const transactionMs = 10_000

/** How long a mail lies that a killed process had claimed. It is renewed far more often. */
const leaseSeconds = 20
const renewMs = 2_000

/** How long what is under way may take when the process ends. */
const patienceMs = 3_000

interface MailerOptions<R> {
  readonly db: Database
  readonly log: Log
  /** What mails are sealed with. */
  readonly seal: Seal
  /** Makes mails of requests; may be called again for one that could not be sent. */
  readonly compose: Compose<R>
  readonly smtp: SmtpOptions
  /** How long a mail may lie unseen that another process has queued, or left behind. Milliseconds. */
  readonly pollMs?: number
}

export interface Mailer {
  /** Says that a transaction of this process is queueing a mail, so that it goes out at the commit. */
  expect(): void
  /** What waited at the last look, in the whole database; and what this process has made of mails. */
  backlog(): MailBacklog
  outcomes(): Readonly<Record<Outcome['end'], number>>
  /** Claims no more, waits for what is under way, for 3 s at most, and ends. */
  stop(): Promise<void>
}

/**
 * Sends what is queued, with all replicas together: a mail is claimed by one of them at a time, under a lease that it
 * renews, and is claimed again when that one is gone. One that can't be sent now is tried again later and later, for a
 * day; one that is refused for good is not.
 *
 * A mail arrives twice only if this process or its database is lost between the server's word that it has it and the
 * commit that says so, or if the connection is lost just before that word: both copies then have the same Message-ID.
 */
export function startMailer<R>({ pollMs = 1000, ...options }: MailerOptions<R>): Mailer {
  const { db, log } = options
  const smtp = createSmtp(options.smtp)
  const deliver = createDelivery({ ...options, smtp })
  const bell = createBell()
  const underWay = new Map<string, UnderWay>()
  let expectedUntil = 0
  const counting = startCounting(db, log)
  const outcomes = { sent: 0, 'for nobody': 0, 'given up': 0, 'put off': 0 }

  const begin = (mail: Parameters<typeof deliver>[0]) => {
    const breaking = new AbortController()
    const done = deliver(mail, breaking.signal)
      .then((end) => {
        outcomes[end] += 1
      })
      .finally(() => {
        underWay.delete(mail.id)
        bell.ring()
      })
    underWay.set(mail.id, { attempts: mail.attempts, breaking, done })
  }
  const sendDue = async (stopping: AbortSignal) => {
    const free = connections - underWay.size
    if (free === 0 || !(await readInPlatform(db, isAnythingDue)) || stopping.aborted) return
    const due = await inPlatform(db, (tx) =>
      claimDue(tx, { limit: free, leaseSeconds, except: [...underWay.keys()] }),
    )
    due.forEach(begin)
  }
  const sending = supervise({
    what: 'the sending of mail',
    log,
    async session(stopping) {
      stopping.addEventListener('abort', bell.ring)
      while (!stopping.aborted) {
        await sendDue(stopping)
        await bell.wait(pollMs)
        if (!stopping.aborted) await delay(restMs)
      }
    },
  })
  const renewing = supervise({
    what: 'the leases of mail',
    log,
    session: every(renewMs, () => keep(db, underWay)),
  })
  const clearing = supervise({
    what: 'the clearing of mail',
    log,
    session: every(clearEveryMs, () => inPlatform(db, clearOld)),
  })
  db.onCommit(() => {
    if (performance.now() < expectedUntil) bell.ring()
  })
  return {
    backlog: counting.backlog,
    outcomes: () => outcomes,
    expect() {
      expectedUntil = performance.now() + transactionMs
    },
    async stop() {
      await sending.stop()
      const done = Promise.all([...underWay.values()].map((each) => each.done))
      await Promise.race([done, delay(patienceMs, undefined, { ref: false })])
      for (const { breaking } of underWay.values()) breaking.abort()
      smtp.close()
      await done
      await Promise.all([renewing.stop(), clearing.stop(), counting.stop()])
    },
  }
}

/** Counts what waits, now and again. */
function startCounting(db: Database, log: Log) {
  let backlog: MailBacklog = { depth: 0, oldestSeconds: 0 }
  const session = every(countEveryMs, async () => {
    backlog = await readInPlatform(db, backlogOf)
  })
  return { backlog: () => backlog, stop: supervise({ what: 'the counting of mail', log, session }).stop }
}

interface UnderWay {
  readonly attempts: number
  readonly breaking: AbortController
  readonly done: Promise<void>
}

/** Renews the leases, and breaks off what somebody else has claimed or sent. */
async function keep(db: Database, underWay: ReadonlyMap<string, UnderWay>) {
  const before = [...underWay]
  if (before.length === 0) return
  const kept = await inPlatform(db, (tx) => renew(tx, [...underWay.keys()], leaseSeconds))
  const attemptsOf = new Map(kept.map(({ id, attempts }) => [id, attempts]))
  for (const [id, { attempts, breaking }] of before) {
    if (attemptsOf.get(id) !== attempts) breaking.abort()
  }
}

/** A session that does something now and then again after so many milliseconds each. */
const every = (ms: number, work: () => Promise<void>) => async (stopping: AbortSignal) => {
  while (!stopping.aborted) {
    await work()
    await delay(ms, undefined, { signal: stopping, ref: false }).catch(() => {})
  }
}
