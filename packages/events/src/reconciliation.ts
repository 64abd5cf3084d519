import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, like, lt, sql } from 'drizzle-orm'
import { boolean, check, pgTable, timestamp } from 'drizzle-orm/pg-core'
import { outbox } from './outbox.ts'

/** How far audit is known to have what was sent: one row. Its SQL is in `reconciliation.sql`. */
export const reconciliation = pgTable(
  'reconciliation',
  {
    onlyRow: boolean('only_row').primaryKey().default(true),
    /** Of what was sent before, audit has everything. */
    confirmedUntil: timestamp('confirmed_until', { withTimezone: true }).notNull().default(sql`'-infinity'`),
    /** When it was last asked about everything in the outbox. */
    sweptAt: timestamp('swept_at', { withTimezone: true }).notNull().default(sql`'-infinity'`),
  },
  (t) => [check('reconciliation_only_row', sql`${t.onlyRow}`)],
)

/** A place in what was sent: a time as PostgreSQL writes it, to the microsecond, and an event of that moment. */
export interface Mark {
  readonly sentAt: string
  readonly eventId: string
}

const beforeAllAt = (sentAt: string): Mark => ({ sentAt, eventId: '00000000-0000-0000-0000-000000000000' })

/**
 * Until where a round asks: what is sent from now on is left to the next one. That one begins a little before, with what a
 * relay has marked and not committed yet.
 */
export async function marksOfNow(tx: Tx): Promise<{ readonly until: Mark; readonly next: Mark }> {
  const [row] = await tx.execute<{ now: string; justBefore: string }>(sql`
    select t::text as now, (t - interval '10 seconds')::text as "justBefore" from clock_timestamp() t`)
  return { until: beforeAllAt(row?.now ?? '-infinity'), next: beforeAllAt(row?.justBefore ?? '-infinity') }
}

/**
 * Where a whole round begins: behind what is confirmed; but once a day with all that there is, since audit may have been
 * restored from a backup, or a clock set back.
 */
export async function beginning(tx: Tx): Promise<{ readonly from: Mark; readonly isSweep: boolean }> {
  const [row] = await tx.execute<{ confirmedUntil: string; isSweep: boolean }>(sql`
    select confirmed_until::text as "confirmedUntil", swept_at < now() - interval '1 day' as "isSweep"
    from ${reconciliation}`)
  const isSweep = row?.isSweep ?? true
  return { from: beforeAllAt(isSweep ? '-infinity' : (row?.confirmedUntil ?? '-infinity')), isSweep }
}

/** Makes this transaction the only one of its database that reconciles. False when another is. */
export async function claimReconciling(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ claimed: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('gatehouse.reconciliation', 0)) as claimed`,
  )
  return row?.claimed === true
}

/** Events that were sent between two marks, in the order of sending. */
export const sentEvents = (tx: Tx, from: Mark, until: Mark, limit: number) =>
  sentEventsQuery(tx).execute({ ...from, until: until.sentAt, limit })

const sentEventsQuery = prepared((tx) => {
  const mark = sql`(${sql.placeholder('sentAt')}::timestamptz, ${sql.placeholder('eventId')}::uuid)`
  const until = sql`${sql.placeholder('until')}::timestamptz`
  return tx
    .select({
      eventId: outbox.eventId,
      occurredAt: outbox.occurredAt,
      sentAt: sql<string>`${outbox.sentAt}::text`,
    })
    .from(outbox)
    .where(
      and(
        sql`(${outbox.sentAt}, ${outbox.eventId}) > ${mark}`,
        lt(outbox.sentAt, until),
        // The others are revocations, which are of no use after their time.
        like(outbox.subject, 'identity.%'),
      ),
    )
    .orderBy(outbox.sentAt, outbox.eventId)
    .limit(sql.placeholder('limit'))
    .prepare('outbox_sent_events')
})

/** Takes events for unsent, so that the relay publishes them again. */
export async function putBack(tx: Tx, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return
  await tx.execute(sql`
    update ${outbox} set sent_at = null
    where event_id in (select value::uuid from json_array_elements_text(${JSON.stringify(eventIds)}::json))`)
}

/**
 * Takes down that audit has everything that was sent before a mark, but for the last quarter of an hour: a relay may have
 * marked what it is about to commit, or do so by a clock that is a little behind.
 */
export async function confirm(tx: Tx, { sentAt }: Mark): Promise<void> {
  await tx.execute(sql`
    update ${reconciliation} set confirmed_until =
      greatest(confirmed_until, least(${sentAt}::timestamptz, now() - interval '15 minutes'))`)
}

export async function confirmSweep(tx: Tx): Promise<void> {
  await tx.execute(sql`update ${reconciliation} set swept_at = now()`)
}
