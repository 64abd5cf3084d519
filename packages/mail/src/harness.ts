import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from '@gatehouse/db/connect'
import { inPlatform, inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { createSeal } from '@gatehouse/keys/seal'
import { createTestDatabase } from '@gatehouse/testing/database'
import type { SQL } from 'drizzle-orm'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { onTestFinished } from 'vitest'
import type { Compose } from './delivery.ts'
import { type Mailer, startMailer } from './mailer.ts'
import { createMailQueue, type Letter, mails } from './mails.ts'

const tenantId = crypto.randomUUID()

export const from = 'Gatehouse <no-reply@gatehouse.example>'

interface PostOfficeOptions extends SMTPServerOptions {
  /** Is handed what ends it. */
  readonly cleanUp?: (end: () => Promise<void>) => void
  /** Looks at each mail before it is taken; what it throws is the answer, and `responseCode` of it the status. */
  readonly take?: (mail: ParsedMail) => Promise<void> | void
}

/** A mail server that keeps what it has said yes to; ended with the test, where nothing else is said. */
export async function startPostOffice({
  take = () => {},
  cleanUp = onTestFinished,
  ...options
}: PostOfficeOptions = {}) {
  const taken: ParsedMail[] = []
  const recipients: string[][] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    ...options,
    onData(stream, session, done) {
      simpleParser(stream)
        .then(async (mail) => {
          await take(mail)
          taken.push(mail)
          recipients.push(session.envelope.rcptTo.map(({ address }) => address))
        })
        .then(() => done(), done)
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  cleanUp(close)
  const { port } = server.server.address() as AddressInfo
  return { taken, recipients, port, url: `smtp://127.0.0.1:${port}`, close }
}

/** An answer of a mail server that takes no mail. */
export const refuse = (responseCode: number, message: string) => {
  throw Object.assign(new Error(message), { responseCode })
}

/** A queue with a database of its own, and as many mailers as a test wants. */
export async function startQueue() {
  const { db, url } = await createTestDatabase('auth')
  const key = randomBytes(32)
  const seal = createSeal(key)
  const lines: string[] = []
  const write = (bindings: object, message: string) =>
    void lines.push(JSON.stringify({ message, ...bindings }))
  const log = { info: write, warn: write, error: write }
  const mailers: Mailer[] = []
  onTestFinished(async () => {
    await Promise.all(mailers.map((mailer) => mailer.stop()))
    await db.close()
  })
  /** A mailer with connections of its own, as another replica would have. */
  const startReplica = (
    smtpUrl: string,
    { compose = async () => undefined }: { compose?: Compose<string> } = {},
  ) => {
    const own = connect({ url, poolSize: 4, applicationName: 'mailer' })
    const mailer = startMailer({ db: own, log, seal, smtp: { url: smtpUrl, from }, compose, pollMs: 50 })
    mailers.push(mailer)
    return mailer
  }
  const queueMail = createMailQueue(seal)
  return {
    db,
    url,
    key,
    seal,
    log,
    lines,
    startReplica,
    queue: (mail: Partial<Letter> = {}) =>
      inTenant(db, tenantId, (tx) => queueMail(tx, { tenantId, ...letter, ...mail })),
    rows: () => readInPlatform(db, (tx) => tx.select().from(mails).orderBy(mails.id)),
    /** Changes rows, as the passing of time would. */
    set: (values: { [Column in keyof typeof mails.$inferInsert]?: SQL }) =>
      inPlatform(db, async (tx) => void (await tx.update(mails).set(values))),
  }
}

export const letter: Letter = {
  subjectId: crypto.randomUUID(),
  to: 'ada@analytical.example',
  subject: 'Hello',
  text: 'See https://app.example/verify-email?token=gate_ott_secret',
  html: '<p>See <a href="https://app.example/verify-email?token=gate_ott_secret">this</a></p>',
}
