import { readdir, readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import fastify from 'fastify'
import type { ParsedMail } from 'mailparser'
import { portTaken } from '../state/port-taken.ts'
import { frame, page, type ShownMail } from './mail-html.ts'

interface MailPageOptions {
  /** 0: a free one. */
  readonly port: number
  /** The mail catcher's. */
  readonly folder: string
}

export interface MailPage {
  readonly url: string
  close(): Promise<void>
}

const shownMails = 100

const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
// A mail is a stranger's page: it runs nothing, loads nothing and opens its links in a window of their own.
const mailPolicy =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/** Starts a page on the loopback interface that shows the caught mails, the newest first, and `/mails`, the same as JSON. Throws when the port is taken. */
export const startMailPage = async ({ port, folder }: MailPageOptions): Promise<MailPage> => {
  const app = fastify({ forceCloseConnections: true })
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
  })
  app.get<{ Querystring: { mail?: string } }>('/', async ({ query }, reply) => {
    const mails = await newestMails(folder)
    const shown = mails.find(({ id }) => id === query.mail) ?? mails[0]
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy)
      .send(page(mails, shown))
  })
  app.get('/mails', async () => ({ data: await newestMails(folder) }))
  app.get<{ Params: { id: string } }>('/mails/:id/html', async ({ params }, reply) => {
    const mail = (await newestMails(folder)).find(({ id }) => id === params.id)
    if (mail === undefined) return reply.callNotFound()
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', mailPolicy)
      .send(frame(mail))
  })
  await app.listen({ host: 'localhost', port }).catch(portTaken(port, 'MAIL_PORT'))
  const { port: chosen } = app.server.address() as AddressInfo
  return { url: `http://localhost:${chosen}`, close: () => app.close() }
}

/** The caught mails, the newest first, at most a hundred. */
const newestMails = async (folder: string): Promise<ShownMail[]> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
  // Loaded when it is first needed: it is large, and many a start catches no mail.
  const { simpleParser } = await import('mailparser')
  return Promise.all(
    files
      .slice(-shownMails)
      .reverse()
      .map(async (file) => shown(file, await simpleParser(await readFile(join(folder, file))))),
  )
}

const shown = (file: string, mail: ParsedMail): ShownMail => ({
  id: file.slice(0, -'.eml'.length),
  file,
  from: mail.from?.text ?? '',
  to: [mail.to ?? []]
    .flat()
    .map(({ text }) => text)
    .join(', '),
  subject: mail.subject ?? '',
  date: mail.date?.toISOString() ?? null,
  text: mail.text ?? null,
  html: mail.html || null,
})
