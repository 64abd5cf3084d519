import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { v7 as uuidv7 } from 'uuid'
import { type Content, type Sealed, seal } from './seal.ts'

const at = (name: string) => timestamp(name, { withTimezone: true })

/** Mail that waits to be sent, written in the transaction of what it is about. Its SQL is in `mails.sql`. */
export const mails = pgTable(
  'mails',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    /** To whom and what, sealed (JWE), since it holds links that open doors; null once it is over. */
    sealed: text(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    createdAt: at('created_at').notNull().defaultNow(),
    sentAt: at('sent_at'),
    /** When it was given up, or turned out to be for nobody. */
    failedAt: at('failed_at'),
  },
  (t) => [index('mails_due').on(t.nextAttemptAt).where(sql`sealed is not null`)],
)

export interface Mail extends Content {
  readonly tenantId: string
}

/** Puts a mail into the queue: it is sent if, and only if, the caller's transaction commits. */
export type QueueMail = (tx: Tx, mail: Mail) => Promise<void>

/**
 * Puts something into the queue that `compose` of the mailer makes a mail of when its turn comes, or nothing: whoever
 * asked for it can't tell from the answer, nor from the time that it took.
 */
export type QueueRequest<R> = (tx: Tx, tenantId: string, request: R) => Promise<void>

/**
 * @param key 32 bytes; seals what the mail says until it is sent
 * @param onQueued called for each mail, before its transaction commits
 */
export const createMailQueue =
  (key: Uint8Array, onQueued = () => {}): QueueMail =>
  async (tx, { tenantId, to, subject, text, html }) => {
    await enqueue(tx, tenantId, key, { content: { to, subject, text, html } })
    onQueued()
  }

/** With what `createMailQueue` takes. */
export const createRequestQueue =
  <R>(key: Uint8Array, onQueued = () => {}): QueueRequest<R> =>
  async (tx, tenantId, request) => {
    await enqueue(tx, tenantId, key, { request })
    onQueued()
  }

async function enqueue(tx: Tx, tenantId: string, key: Uint8Array, open: Sealed) {
  const id = uuidv7()
  await tx.insert(mails).values({ id, tenantId, sealed: await seal(key, id, open) })
}
