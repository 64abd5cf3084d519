import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, gte, ilike, lt, or, type SQL, sql } from 'drizzle-orm'
import { entries } from '../tables.ts'

export type Entry = typeof entries.$inferSelect
/** `occurredAt` as RFC 3339. */
export type NewEntry = Omit<Entry, 'recordedAt' | 'occurredAt' | 'actorType'> & {
  occurredAt: string
  actorType: string
}

/** What a list of entries can be narrowed by; `search` is a part of the action, the resource or the description. */
export interface Filter extends Partial<Record<(typeof exactFields)[number], string | undefined>> {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly search?: string | undefined
}

const exactFields = [
  'tenantId',
  'actorId',
  'actorType',
  'action',
  'resource',
  'resourceId',
  'correlationId',
] as const

/** The place of an entry in the order of the log: when it occurred (RFC 3339), and its id. */
export type Position = readonly [occurredAt: string, id: string]

/** Records those that are not there yet, all in one statement. */
export async function insertMissing(tx: Tx, batch: readonly NewEntry[]) {
  await tx.execute(sql`
    insert into ${entries} (id, tenant_id, occurred_at, service, actor_type, actor_id, action, resource, resource_id,
      correlation_id, source_ip, user_agent, previous_state, new_state, metadata, description)
    select id, "tenantId", "occurredAt", service, "actorType", "actorId", action, resource, "resourceId",
      "correlationId", "sourceIp", "userAgent", "previousState", "newState", metadata, description
    from jsonb_to_recordset(${JSON.stringify(batch)}::jsonb) as e(id uuid, "tenantId" uuid, "occurredAt" timestamptz,
      service text, "actorType" text, "actorId" text, action text, resource text, "resourceId" text,
      "correlationId" text, "sourceIp" text, "userAgent" text, "previousState" jsonb, "newState" jsonb,
      metadata jsonb, description text)
    on conflict (id) do nothing`)
}

/** A part of the log, newest first. */
export function page(
  tx: Tx,
  filter: Filter,
  { limit, after, offset }: { limit: number; after: Position | undefined; offset: number },
) {
  const older =
    after && sql`(${entries.occurredAt}, ${entries.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
  return tx
    .select()
    .from(entries)
    .where(and(matching(filter), older))
    .orderBy(desc(entries.occurredAt), desc(entries.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, filter: Filter) {
  const [row] = await tx.select({ total: count() }).from(entries).where(matching(filter))
  return row?.total ?? 0
}

function matching(filter: Filter): SQL | undefined {
  const exact = exactFields.map((field) =>
    filter[field] === undefined ? undefined : eq(entries[field], filter[field]),
  )
  return and(
    ...exact,
    filter.from === undefined ? undefined : gte(entries.occurredAt, new Date(filter.from)),
    filter.to === undefined ? undefined : lt(entries.occurredAt, new Date(filter.to)),
    filter.search === undefined ? undefined : containing(filter.search),
  )
}

function containing(text: string) {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  return or(
    ilike(entries.action, pattern),
    ilike(entries.resource, pattern),
    ilike(entries.description, pattern),
  )
}
