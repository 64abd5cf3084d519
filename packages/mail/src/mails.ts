import type { Tx } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { CompactEncrypt } from 'jose'
import { v7 as uuidv7 } from 'uuid'

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
    failedAt: at('failed_at'),
  },
  (t) => [index('mails_due').on(t.nextAttemptAt).where(sql`sealed is not null`)],
)

export interface Mail {
  readonly tenantId: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Puts a mail into the queue: it is sent if, and only if, the caller's transaction commits. */
export type QueueMail = (tx: Tx, mail: Mail) => Promise<void>

/** @param key 32 bytes; seals what the mail says until it is sent */
export const createMailQueue =
  (key: Uint8Array): QueueMail =>
  async (tx, { tenantId, ...content }) => {
    const sealed = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(key)
    await tx.insert(mails).values({ id: uuidv7(), tenantId, sealed })
  }
