import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { subjectKeys } from '../privacy-tables.ts'
import { entries } from '../tables.ts'

/** The place of an entry in the order of an index. */
export interface Place {
  readonly tenantId: string
  readonly occurredAt: string
  readonly id: string
}

interface Part {
  readonly limit: number
  readonly after: Place | undefined
}

/** What a person did, tenant by tenant, oldest first, with the sealed keys of what is personal. */
export const byActor = (tx: Tx, actorId: string, { limit, after }: Part) =>
  withKeys(tx, actorId)
    .where(
      and(eq(entries.actorId, actorId), later([entries.tenantId, entries.occurredAt, entries.id], after)),
    )
    .orderBy(entries.tenantId, entries.occurredAt, entries.id)
    .limit(limit)

/** What others did that is of a person, oldest first. */
export const aboutSubject = (tx: Tx, subjectId: string, { limit, after }: Part) =>
  withKeys(tx, subjectId)
    .where(
      and(
        eq(entries.detailsSubject, subjectId),
        sql`details_subject <> actor_id and details_subject <> tenant_id::text`,
        later(
          [entries.detailsSubject, entries.occurredAt, entries.id],
          after && { ...after, tenantId: subjectId },
        ),
      ),
    )
    .orderBy(entries.detailsSubject, entries.occurredAt, entries.id)
    .limit(limit)

/** What API keys did that act for a person, oldest first; not what is of the person themselves, which is about them. */
export const byKeysOf = (tx: Tx, ownerId: string, { limit, after }: Part) =>
  withKeys(tx, ownerId)
    .where(
      and(
        eq(entries.originSubject, ownerId),
        sql`actor_type = 'api_key' and origin_subject <> tenant_id::text and details_subject is distinct from origin_subject`,
        later(
          [entries.originSubject, entries.occurredAt, entries.id],
          after && { ...after, tenantId: ownerId },
        ),
      ),
    )
    .orderBy(entries.originSubject, entries.occurredAt, entries.id)
    .limit(limit)

export type Entry = Awaited<ReturnType<typeof byActor>>[number]

const later = (columns: readonly unknown[], after: Place | undefined): SQL | undefined =>
  after &&
  sql`(${sql.join(
    columns.map((column) => sql`${column}`),
    sql`, `,
  )}) > (${after.tenantId}, ${after.occurredAt}::timestamptz, ${after.id}::uuid)`

/** Only what is sealed for this person is opened: of the rest the key is not asked for. */
const withKeys = (tx: Tx, subjectId: string) => {
  const key = (subject: typeof entries.originSubject | typeof entries.detailsSubject) =>
    sql<string | null>`case when ${subject} = ${subjectId} then (
      select sealed_key from ${subjectKeys} where ${eq(subjectKeys.subjectId, subjectId)}) end`
  return tx
    .select({
      ...getTableColumns(entries),
      originKey: key(entries.originSubject),
      detailsKey: key(entries.detailsSubject),
    })
    .from(entries)
    .$dynamic()
}
