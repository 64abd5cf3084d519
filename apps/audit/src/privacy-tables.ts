import { sql } from 'drizzle-orm'
import { bigint, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

const whole = (name: string) => bigint(name, { mode: 'number' })

/**
 * The key that what is personal of somebody is sealed with. A person who was forgotten has a row without one, so that
 * nothing of theirs is ever sealed readable again.
 */
export const subjectKeys = pgTable('subject_keys', {
  subjectId: text('subject_id').primaryKey(),
  sealedKey: text('sealed_key'),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  forgottenAt: timestamp('forgotten_at', { withTimezone: true }),
  /** When it was noted, after that, what else there is of theirs. */
  notedAt: timestamp('noted_at', { withTimezone: true }),
})

/** Messages in the stream IDENTITY that are of somebody who was forgotten, until they are erased there too. */
export const messageRemnants = pgTable(
  'message_remnants',
  {
    sequence: whole('sequence').notNull(),
    eventId: uuid('event_id').notNull(),
    notedAt: timestamp('noted_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.sequence, t.eventId] }), index('message_remnants_oldest').on(t.notedAt)],
)

/** Further messages in the stream IDENTITY of events that are recorded: those that were sent again when it had forgotten them. */
export const messageCopies = pgTable(
  'message_copies',
  {
    eventId: uuid('event_id').notNull(),
    sequence: whole('sequence').notNull(),
    notedAt: timestamp('noted_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.eventId, t.sequence] }), index('message_copies_oldest').on(t.notedAt)],
)

/** Events of somebody who was forgotten that may still be in the outbox of their service, until it says that they are not. */
export const outboxRemnants = pgTable(
  'outbox_remnants',
  { service: text().notNull(), eventId: uuid('event_id').notNull() },
  (t) => [primaryKey({ columns: [t.service, t.eventId] })],
)

/** Messages that could not be recorded, as they came, and why. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    /** The same for the same message, however often it comes. */
    id: text().primaryKey(),
    subject: text().notNull(),
    reason: text().notNull(),
    /** It may hold personal data; null once it is recorded, or of somebody who was forgotten. */
    sealedBody: text('sealed_body'),
    /** Its number in the stream IDENTITY; null where it came otherwise. */
    sequence: whole('sequence'),
    laidAsideAt: timestamp('laid_aside_at', { withTimezone: true }).notNull().defaultNow(),
    replayedAt: timestamp('replayed_at', { withTimezone: true }),
    /** When it goes by itself; null while it waits to be recorded. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
  },
  (t) => [
    index('dead_letters_waiting').on(t.laidAsideAt).where(sql`replayed_at is null`),
    index('dead_letters_expiring').on(t.expiresAt),
  ],
)

/** Whose ids stand in a dead letter, whether or not it can be read: it is theirs as far as anybody can tell. */
export const letterMentions = pgTable(
  'letter_mentions',
  {
    subjectId: text('subject_id').notNull(),
    letterId: text('letter_id')
      .notNull()
      .references(() => deadLetters.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.subjectId, t.letterId] }), index().on(t.letterId)],
)
