import { randomUUIDv7 } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SMTPServer } from 'smtp-server'

interface MailCatcherOptions {
  /** Where each mail becomes a file `*.eml`, whose name sorts by arrival; made when it isn't there. */
  readonly folder: string
  /** 0: a free one. */
  readonly port: number
}

export interface MailCatcher {
  readonly port: number
  close(): Promise<void>
}

const maxBytes = 25 * 1024 * 1024

/** Takes every mail that is sent to it on 127.0.0.1, for whomever, and passes none on (RFC 5321). */
export const startMailCatcher = async ({ folder, port }: MailCatcherOptions): Promise<MailCatcher> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 500,
    size: maxBytes,
    onData(stream, _session, done) {
      const unfinished = join(folder, `${randomUUIDv7()}.unfinished`)
      const keep = async () => {
        await pipeline(stream, createWriteStream(unfinished, { mode: 0o600 }))
        if (stream.sizeExceeded)
          throw Object.assign(new Error('The mail is too large'), { responseCode: 552 })
        await rename(unfinished, unfinished.replace(/unfinished$/, 'eml'))
      }
      keep().then(
        () => done(),
        async (error) => {
          await rm(unfinished, { force: true })
          done(error)
        },
      )
    },
  })
  // A client that breaks off is its own trouble.
  server.on('error', () => {})
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
