import { createTransport } from 'nodemailer'
import type { Content } from './seal.ts'

export interface SmtpOptions {
  /** `smtp://user:password@host:port` or `smtps://…`; both percent-encoded. */
  readonly url: string
  /** Whom mails are from, e.g. `Gatehouse <no-reply@example.com>`. */
  readonly from: string
}

export interface Envelope extends Content {
  readonly id: string
  readonly createdAt: Date
}

export interface Smtp {
  /** Resolves when the server has taken the mail. @throws an error that `refusalOf` reads */
  send(mail: Envelope, signal: AbortSignal): Promise<void>
  /** Breaks off what is under way. */
  close(): void
}

/** How many mails are under way at once, each on a connection of its own. */
export const connections = 4

/** Sends over connections that are kept for a while. A mail's Message-ID is the same at each attempt. */
export function createSmtp({ url, from }: SmtpOptions): Smtp {
  const { protocol, username } = new URL(url)
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    // Whether a mail goes out once more is for the queue to say.
    maxRequeues: 0,
    idleTimeout: 10_000,
    connectionTimeout: 10_000,
    greetingTimeout: 30_000,
    // RFC 5321 §4.5.3.2.6: a server that is slow to say it has a mail has it all the same.
    socketTimeout: 600_000,
    // A password is never sent in the clear.
    requireTLS: protocol === 'smtp:' && username !== '',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '')
  return {
    async send({ id, createdAt, to, subject, text, html }, signal) {
      await transport.sendMail({
        messageId: `<${id}@${domain}>`,
        date: createdAt,
        from,
        to: { name: '', address: to },
        subject: subject.replace(/[\r\n]+/g, ' '),
        text,
        html,
        // RFC 3834 §5; the other keeps Exchange from answering.
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        signal,
      })
    },
    close: () => transport.close({ force: true }),
  }
}

/** Why a mail was not taken: without what the server said, which repeats the address. */
export interface Refusal {
  /** It is this mail that the server will never take (RFC 5321 §4.2.1), not all of them or not now. */
  readonly isFinal: boolean
  readonly code: string | undefined
  readonly status: number | undefined
  readonly command: string | undefined
}

export function refusalOf(error: unknown): Refusal {
  const { code, responseCode: status, command } = error as NodeJS.ErrnoException & Record<string, never>
  const isOfThisMail = command === 'RCPT TO' || command === 'DATA'
  const isImpossible = code === 'EENVELOPE' && command === 'API'
  return { isFinal: isImpossible || (isOfThisMail && Number(status) >= 500), code, status, command }
}
