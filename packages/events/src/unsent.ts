import { prepared, statement } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { inArray, isNull, sql } from 'drizzle-orm'
import { lane, outbox, urgentLane } from './outbox.ts'

export type Unsent = Awaited<ReturnType<typeof unsent>>[number]

/** What waits in the outbox. */
export interface Backlog {
  /** Counted up to 10,000. */
  readonly depth: number
  /** Of those that were counted. */
  readonly oldestSeconds: number
}

export const noBacklog: Backlog = { depth: 0, oldestSeconds: 0 }

/** Makes this transaction the only one of its database that sends. False when another is. */
export async function claimSending(tx: Tx): Promise<boolean> {
  // The lock ends with the transaction, and so with its connection: no lease to expire, no clock to trust.
  const [row] = await tx.execute<{ claimed: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('gatehouse.outbox', 0)) as claimed`,
  )
  return row?.claimed === true
}

const { eventId, position, subject, aggregateType, aggregateId, occurredAt, payload } = outbox
const message = { eventId, position, subject, aggregateType, aggregateId, occurredAt, payload }

/**
 * What is committed and not sent, lane by lane. By status and never from a position on, which would pass over whatever
 * commits later than its successor.
 */
export const unsent = (tx: Tx, limit: number) => unsentQuery(tx).execute({ limit })

const unsentQuery = prepared((tx) =>
  tx
    .select(message)
    .from(outbox)
    .where(isNull(outbox.sentAt))
    .orderBy(lane, outbox.position)
    .limit(sql.placeholder('limit'))
    .prepare('outbox_unsent'),
)

/** In which lanes something waits: the urgent one first, and so many of those after another one. */
export const waitingLanes = async (tx: Tx, after: string, limit: number) =>
  (await waitingLanesQuery(tx).execute({ after, limit })).map(({ lane }) => lane)

// Each is found by a look at the index, however much lies in the others.
const waitingLanesQuery = prepared((tx) =>
  statement<{ lane: string }>(
    tx,
    sql`with recursive lanes (lane) as (
      select ${sql.raw(`'${urgentLane}'`)}::uuid
      union all
      select next.lane from lanes cross join lateral (
        select ${lane} as lane from outbox
        where sent_at is null and ${lane} > greatest(lanes.lane, ${sql.placeholder('after')}::uuid)
        order by 1 limit 1) next
    ) select lane from lanes limit 1 + ${sql.placeholder('limit')}::int`,
  ),
)

/** The first messages of each of these lanes. */
export const firstOf = (tx: Tx, lanes: readonly string[], each: number) =>
  firstOfQuery(tx).execute({ lanes: JSON.stringify(lanes), each })

const firstOfQuery = prepared((tx) =>
  tx
    .select({ ...message, lane: sql<string>`${lane}` })
    .from(outbox)
    .where(
      sql`${eventId} = any(array(
        select first.event_id from json_array_elements_text(${sql.placeholder('lanes')}::json) cross join lateral (
          select event_id from outbox where sent_at is null and ${lane} = value::uuid
          order by position limit ${sql.placeholder('each')}::int) first))`,
    )
    .prepare('outbox_first_of'),
)

export async function markSent(tx: Tx, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length > 0) await markSentQuery(tx).execute({ eventIds: JSON.stringify(eventIds) })
}

const markSentQuery = prepared((tx) =>
  tx
    .update(outbox)
    .set({ sentAt: sql`clock_timestamp()` })
    .where(
      sql`${outbox.eventId} in (select value::uuid from json_array_elements_text(${sql.placeholder('eventIds')}::json))`,
    )
    .prepare('outbox_mark_sent'),
)

export async function backlogOf(tx: Tx): Promise<Backlog> {
  const [row] = await backlogQuery(tx).execute()
  return row ?? noBacklog
}

const backlogQuery = prepared((tx) => {
  const waiting = tx
    .select({ occurredAt: outbox.occurredAt })
    .from(outbox)
    .where(isNull(outbox.sentAt))
    .orderBy(lane, outbox.position)
    .limit(10_000)
    .as('waiting')
  const age = sql`clock_timestamp() - min(${waiting.occurredAt})`
  return tx
    .select({
      depth: sql<number>`count(*)::int`,
      oldestSeconds: sql<number>`coalesce(extract(epoch from ${age}), 0)::float8`,
    })
    .from(waiting)
    .prepare('outbox_backlog')
})

/** Clears away what was sent more than a week ago, `limit` rows at a time. @returns how many it was */
export async function clearSent(tx: Tx, limit: number): Promise<number> {
  const longAgo = tx
    .select({ eventId: outbox.eventId })
    .from(outbox)
    .where(sql`${outbox.sentAt} < now() - interval '7 days'`)
    .orderBy(outbox.sentAt)
    .limit(limit)
  const cleared = await tx
    .delete(outbox)
    .where(inArray(outbox.eventId, longAgo))
    .returning({ eventId: outbox.eventId })
  return cleared.length
}
