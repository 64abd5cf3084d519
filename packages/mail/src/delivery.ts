import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import type { Seal } from '@gatehouse/keys/seal'
import pRetry from 'p-retry'
import { type ClaimedMail, markFailed, markSent, noteSubject, postpone } from './due-mails.ts'
import type { Letter } from './mails.ts'
import { type Content, unseal } from './seal.ts'
import { refusalOf, type Smtp } from './smtp.ts'

const maxAttempts = 30
const maxAgeMs = 86_400_000

/** Seconds before another attempt: 2 after the first, three times as many after each further, to an hour; ± a quarter. */
const backOffSeconds = (attempts: number) =>
  Math.min(2 * 3 ** (attempts - 1), 3600) * (0.75 + Math.random() / 2)

/** Makes a mail of what was asked for; undefined where it turns out to be for nobody. */
export type Compose<R> = (request: R) => Promise<Letter | undefined>

interface DeliveryDeps<R> {
  readonly db: Database
  readonly log: Log
  readonly seal: Seal
  readonly smtp: Smtp
  readonly compose: Compose<R>
}

/** Makes one attempt to send a claimed mail, and notes and gives what came of it. Never throws, and says nothing of whom it is for. */
export const createDelivery =
  <R>(deps: DeliveryDeps<R>) =>
  async (mail: ClaimedMail, signal: AbortSignal): Promise<Outcome['end']> => {
    const { id: mailId, attempts } = mail
    const { end, why } = await attempt(deps, mail, signal)
    if (end === 'sent') {
      await note(deps, mail, (tx) => markSent(tx, mail))
    } else if (end === 'put off') {
      const seconds = backOffSeconds(attempts)
      deps.log.warn({ mailId, attempts, seconds, ...why }, 'a mail was not taken and is tried again')
      await note(deps, mail, (tx) => postpone(tx, mail, seconds))
    } else {
      if (end === 'given up') deps.log.error({ mailId, attempts, ...why }, 'a mail was given up')
      await note(deps, mail, (tx) => markFailed(tx, mail))
    }
    return end
  }

export interface Outcome {
  readonly end: 'sent' | 'for nobody' | 'given up' | 'put off'
  readonly why?: object
}

async function attempt<R>(deps: DeliveryDeps<R>, mail: ClaimedMail, signal: AbortSignal): Promise<Outcome> {
  const { id, sealed, createdAt, attempts } = mail
  if (Date.now() - createdAt.getTime() > maxAgeMs) return { end: 'given up', why: { code: 'too old' } }
  const open = await unseal(deps.seal, id, sealed).catch(() => undefined)
  if (open === undefined) return { end: 'given up', why: { code: 'sealed under another key' } }
  const isLast = attempts >= maxAttempts
  let content: Content | undefined
  try {
    content = 'content' in open ? open.content : await composed(deps, mail, open.request as R)
  } catch (err) {
    return { end: isLast ? 'given up' : 'put off', why: { err } }
  }
  if (content === undefined) return { end: 'for nobody' }
  try {
    const { to, subject, text, html } = content
    await deps.smtp.send({ to, subject, text, html, id, createdAt }, signal)
    return { end: 'sent' }
  } catch (error) {
    // What the server said repeats the address.
    const { isFinal, ...why } = refusalOf(error)
    return { end: isFinal || isLast ? 'given up' : 'put off', why }
  }
}

/** What a request comes to; whom that is about is noted before it is sent, so that it can be erased while it waits. */
async function composed<R>({ db, compose }: DeliveryDeps<R>, mail: ClaimedMail, request: R) {
  const letter = await compose(request)
  if (letter) await inPlatform(db, (tx) => noteSubject(tx, mail, letter.subjectId))
  return letter
}

/** Writes an outcome down, and insists: a mail whose sending isn't noted is sent once more. */
async function note(
  { db, log }: Pick<DeliveryDeps<never>, 'db' | 'log'>,
  { id: mailId }: ClaimedMail,
  work: (tx: Tx) => Promise<void>,
) {
  await pRetry(() => inPlatform(db, work), { retries: 8, minTimeout: 50 }).catch((err: unknown) =>
    log.error({ err, mailId }, 'what became of a mail could not be noted, and it is sent again'),
  )
}
