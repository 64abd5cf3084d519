import type { Tx } from '@gatehouse/db/tenant'
import { and, desc, eq, gte, ilike, lt, or, type SQL, sql } from 'drizzle-orm'
import { keyedEntries } from '../keyed-entries.ts'
import { actions, entries } from '../tables.ts'

/** An entry, and the sealed keys of what is personal of it. */
export type Entry = Awaited<ReturnType<typeof page>>[number]

/** What a list of entries can be narrowed by; `search` is a part of the action or the resource. */
export interface Filter extends Partial<Record<(typeof exactFields)[number], string | undefined>> {
  readonly action?: string | undefined
  readonly resource?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly search?: string | undefined
}

const exactFields = ['tenantId', 'actorId', 'actorType', 'resourceId', 'correlationId'] as const

/** The place of an entry in the order of the log: when it occurred (RFC 3339), and its id. */
export type Position = readonly [occurredAt: string, id: string]

interface Part {
  readonly limit: number
  readonly after: Position | undefined
  readonly offset: number
}

/** A part of the log, newest first. */
export function page(tx: Tx, filter: Filter, part: Part) {
  const rows = keyedEntries(tx)
    .where(isNarrowed(filter) ? among(filter, part) : and(matching(filter), older(part)))
    .orderBy(desc(entries.occurredAt), desc(entries.id))
    .limit(part.limit)
  return isNarrowed(filter) ? rows : rows.offset(part.offset)
}

export async function byId(tx: Tx, tenantId: string | undefined, id: string) {
  const [entry] = await keyedEntries(tx).where(and(eq(entries.id, id), matching({ tenantId })))
  return entry
}

/** Counted so far and no further. */
export const countedAtMost = 100_000

export async function total(tx: Tx, filter: Filter) {
  const matched = sql`select 1 from ${entries} where ${matching(filter)} limit ${countedAtMost}`
  const found = isNarrowed(filter)
    ? sql`select 1 from ${actionsOf(filter)} cross join lateral (
        select 1 from ${entries} where ${and(ofAction(filter), narrowing(filter))} limit ${countedAtMost}) e
      where ${actionsMatching(filter)} limit ${countedAtMost}`
    : matched
  const [row] = await tx.execute<{ total: number }>(sql`select count(*)::int as total from (${found}) found`)
  return row?.total ?? 0
}

/**
 * Whether a filter is about what was done: then the few actions that there are in a tenant, or in all, are looked through, and
 * of each the newest entries taken by index, however many others there are. Not where it says of whom or of which thing in
 * all tenants, which are few.
 */
const isNarrowed = ({ tenantId, actorId, resourceId, correlationId, action, resource, search }: Filter) =>
  (action ?? resource ?? search) !== undefined &&
  (tenantId !== undefined || (actorId ?? resourceId ?? correlationId) === undefined)

function among(filter: Filter, { limit, after, offset }: Part): SQL {
  const newest = sql`order by occurred_at desc, id desc`
  return sql`(${entries.id}, ${entries.occurredAt}) in (
    select e.id, e.occurred_at from ${actionsOf(filter)} cross join lateral (
      select ${entries.id}, ${entries.occurredAt} from ${entries}
      where ${and(ofAction(filter), narrowing(filter), older({ limit, after, offset }))}
      ${newest} limit ${limit + offset}) e
    where ${actionsMatching(filter)} ${newest} limit ${limit} offset ${offset})`
}

/** Those of a tenant; or each of all tenants once, by a look at the index for each, however many tenants have it. */
const actionsOf = ({ tenantId }: Filter) =>
  tenantId !== undefined
    ? sql`${actions}`
    : sql`(
      with recursive kinds as (
        (select action, resource from ${actions} order by action, resource limit 1)
        union all
        select next.* from kinds cross join lateral (
          select action, resource from ${actions} as actions
          where (actions.action, actions.resource) > (kinds.action, kinds.resource)
          order by action, resource limit 1) next)
      select * from kinds) as actions`

const ofAction = ({ tenantId }: Filter) =>
  and(
    tenantId === undefined ? undefined : eq(entries.tenantId, actions.tenantId),
    eq(entries.action, actions.action),
    eq(entries.resource, actions.resource),
  )

const actionsMatching = ({ tenantId, ...filter }: Filter) =>
  and(tenantId === undefined ? undefined : eq(actions.tenantId, tenantId), whatWasDone(actions, filter))

function older({ after }: Part) {
  return after && sql`(${entries.occurredAt}, ${entries.id}) < (${after[0]}::timestamptz, ${after[1]}::uuid)`
}

const matching = (filter: Filter) => and(narrowing(filter), whatWasDone(entries, filter))

/** By everything but what was done. */
function narrowing(filter: Filter): SQL | undefined {
  const exact = exactFields.map((field) =>
    filter[field] === undefined ? undefined : eq(entries[field], filter[field]),
  )
  return and(
    ...exact,
    filter.from === undefined ? undefined : gte(entries.occurredAt, new Date(filter.from)),
    filter.to === undefined ? undefined : lt(entries.occurredAt, new Date(filter.to)),
  )
}

function whatWasDone(table: typeof entries | typeof actions, { action, resource, search }: Filter) {
  const pattern = search && `%${search.replace(/[\\%_]/g, '\\$&')}%`
  return and(
    action === undefined ? undefined : eq(table.action, action),
    resource === undefined ? undefined : eq(table.resource, resource),
    pattern === undefined ? undefined : or(ilike(table.action, pattern), ilike(table.resource, pattern)),
  )
}
