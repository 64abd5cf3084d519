import type { Tx } from '@gatehouse/db/tenant'
import type { StoredMessage } from '@gatehouse/events/erase-message'
import { and, asc, desc, eq, lte, sql } from 'drizzle-orm'
import { messageRemnants, outboxRemnants } from '../privacy-tables.ts'

/** In the order of the stream: whatever lies together there goes together, since the server reads a whole block for each. */
export const firstMessages = (tx: Tx, limit: number): Promise<StoredMessage[]> =>
  tx
    .select({ sequence: messageRemnants.sequence, eventId: messageRemnants.eventId })
    .from(messageRemnants)
    .orderBy(asc(messageRemnants.sequence), asc(messageRemnants.eventId))
    .limit(limit)

/** By when the last one was noted. */
export async function newestMessage(tx: Tx): Promise<Date> {
  const [row] = await tx
    .select({ notedAt: messageRemnants.notedAt })
    .from(messageRemnants)
    .orderBy(desc(messageRemnants.notedAt))
    .limit(1)
  // Of a time a Date has no more than the milliseconds.
  return new Date((row?.notedAt.getTime() ?? 0) + 1)
}

export async function isAnyMessage(tx: Tx, notedUntil: Date): Promise<boolean> {
  const rows = await tx
    .select({ sequence: messageRemnants.sequence })
    .from(messageRemnants)
    .where(lte(messageRemnants.notedAt, notedUntil))
    .limit(1)
  return rows.length > 0
}

export async function deleteMessages(tx: Tx, messages: readonly StoredMessage[]): Promise<void> {
  await tx.execute(sql`
    delete from ${messageRemnants} where (sequence, event_id) in (
      select sequence, "eventId"
      from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) as m(sequence bigint, "eventId" uuid))`)
}

/** Events that the outbox of a service may still have. */
export async function ofService(tx: Tx, service: string, limit: number): Promise<string[]> {
  const rows = await tx
    .select({ eventId: outboxRemnants.eventId })
    .from(outboxRemnants)
    .where(eq(outboxRemnants.service, service))
    .orderBy(asc(outboxRemnants.eventId))
    .limit(limit)
  return rows.map(({ eventId }) => eventId)
}

export async function deleteOfService(tx: Tx, service: string, eventIds: readonly string[]): Promise<void> {
  if (eventIds.length === 0) return
  await tx
    .delete(outboxRemnants)
    .where(
      and(
        eq(outboxRemnants.service, service),
        sql`${outboxRemnants.eventId} in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(eventIds)}::jsonb))`,
      ),
    )
}
