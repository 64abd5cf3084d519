import type { Tx } from '@gatehouse/db/tenant'
import type { Seal } from '@gatehouse/keys/seal'
import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { and, inArray, isNotNull, or, sql } from 'drizzle-orm'
import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { v7 as uuidv7 } from 'uuid'
import { aboutMail, type Content, type Sealed, seal } from './seal.ts'

const at = (name: string) => timestamp(name, { withTimezone: true })

/** Mail that waits to be sent, written in the transaction of what it is about. Its SQL is in `mails.sql`. */
export const mails = pgTable(
  'mails',
  {
    id: uuid().primaryKey(),
    tenantId: uuid('tenant_id').notNull(),
    /** Whom it is about: a person, or what stands for one. Null while a request waits to become a mail. */
    subjectId: uuid('subject_id'),
    /** To whom and what, sealed (JWE), since it holds links that open doors; null once it is over. */
    sealed: text(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: at('next_attempt_at').notNull().defaultNow(),
    createdAt: at('created_at').notNull().defaultNow(),
    sentAt: at('sent_at'),
    /** When it was given up, or turned out to be for nobody. */
    failedAt: at('failed_at'),
  },
  (t) => [
    index('mails_due').on(t.nextAttemptAt).where(sql`sealed is not null`),
    index('mails_about').on(t.subjectId),
    index('mails_of_tenant').on(t.tenantId).where(sql`sealed is not null`),
  ],
)

/** Where mails are sealed. */
export const sealedMails: SealedColumn = { column: mails.sealed, of: mails.id, about: aboutMail }

/** A mail, and whom it is about: a person, or an invite where they may not be one yet. It goes when that is erased. */
export interface Letter extends Content {
  readonly subjectId: string
}

export interface Mail extends Letter {
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
 * @param by seals what the mail says until it is sent
 * @param onQueued called for each mail, before its transaction commits
 */
export const createMailQueue =
  (by: Seal, onQueued = () => {}): QueueMail =>
  async (tx, { tenantId, subjectId, to, subject, text, html }) => {
    await enqueue(tx, { tenantId, subjectId }, by, { content: { to, subject, text, html } })
    onQueued()
  }

/** With what `createMailQueue` takes. */
export const createRequestQueue =
  <R>(by: Seal, onQueued = () => {}): QueueRequest<R> =>
  async (tx, tenantId, request) => {
    await enqueue(tx, { tenantId }, by, { request })
    onQueued()
  }

async function enqueue(
  tx: Tx,
  whose: { readonly tenantId: string; readonly subjectId?: string },
  by: Seal,
  open: Sealed,
) {
  const id = uuidv7()
  await tx.insert(mails).values({ id, ...whose, sealed: await seal(by, id, open) })
}

/** Erases the mail about these, and whatever waits in these tenants: what is being sent is broken off. In the platform's scope. */
export async function eraseMails(
  tx: Tx,
  {
    subjectIds,
    tenantIds,
  }: { readonly subjectIds: readonly string[]; readonly tenantIds: readonly string[] },
): Promise<void> {
  const isAbout = inArray(mails.subjectId, [...subjectIds])
  const waits = and(inArray(mails.tenantId, [...tenantIds]), isNotNull(mails.sealed))
  await tx.delete(mails).where(or(isAbout, waits))
}
