import type { Tx } from '@gatehouse/db/tenant'
import type { TilePart } from '@gatehouse/ledger/tiles'
import type { Tree } from '@gatehouse/ledger/tree'
import { sql } from 'drizzle-orm'
import type { NewEntry } from '../entry.ts'
import type { Sealed } from '../sealing.ts'
import { actions, entries, tiles, trees } from '../tables.ts'

const hashLength = 32

/** An entry with its place in the ledger, and what is personal of it sealed. */
export interface StoredEntry extends Omit<NewEntry, 'origin' | 'details' | 'person' | 'owner'> {
  readonly leafIndex: number
  readonly origin: SealedPart | null
  readonly details: SealedPart | null
}

export interface SealedPart extends Sealed {
  readonly subjectId: string
}

/** Makes the trees that aren't there, and locks all of them until the transaction ends, in the order of their ids. */
export async function lockTrees(tx: Tx, tenantIds: readonly string[]): Promise<Map<string, Tree>> {
  const ids = JSON.stringify(tenantIds)
  const [, rows] = await Promise.all([
    tx.execute(sql`
      insert into ${trees} (tenant_id) select value::uuid from jsonb_array_elements_text(${ids}::jsonb) order by 1
      on conflict do nothing`),
    tx.execute<{ tenantId: string; size: number; frontier: string }>(sql`
      select tenant_id as "tenantId", size::float8, encode(frontier, 'base64') as frontier from ${trees}
      where tenant_id in (select value::uuid from jsonb_array_elements_text(${ids}::jsonb))
      order by tenant_id for update`),
  ])
  return new Map(
    rows.map(({ tenantId, size, frontier }) => [tenantId, { size, frontier: hashesOf(frontier) }]),
  )
}

function hashesOf(base64: string) {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length / hashLength }, (_, n) =>
    bytes.subarray(n * hashLength, (n + 1) * hashLength),
  )
}

/** Which of these are in the log, each by a look at the index, whatever the planner thinks of the table; their trees are locked. */
export async function findRecorded(tx: Tx, batch: readonly NewEntry[]): Promise<Set<string>> {
  const keys = JSON.stringify(batch.map(({ id, occurredAt }) => ({ id, at: occurredAt })))
  const rows = await tx.execute<{ id: string }>(sql`
    select k.id from jsonb_to_recordset(${keys}::jsonb) as k(id uuid, at timestamptz)
    cross join lateral (select from ${entries} where id = k.id and occurred_at = k.at limit 1) e`)
  return new Set(rows.map(({ id }) => id))
}

/** All in one statement. */
export async function insertEntries(tx: Tx, batch: readonly StoredEntry[]) {
  const rows = batch.map(({ origin, details, ...clear }) => ({
    ...clear,
    originSubject: origin?.subjectId,
    originCommitment: origin?.commitment,
    originSealed: origin?.sealed?.toString('base64'),
    detailsSubject: details?.subjectId,
    detailsCommitment: details?.commitment,
    detailsSealed: details?.sealed?.toString('base64'),
  }))
  await tx.execute(sql`
    insert into ${entries} (id, tenant_id, leaf_index, occurred_at, service, actor_type, actor_id, action, resource,
      resource_id, correlation_id, origin_subject, origin_commitment, origin_sealed, details_subject, details_commitment,
      details_sealed, sequence, aggregate_version)
    select id, "tenantId", "leafIndex", "occurredAt", service, "actorType", "actorId", action, resource,
      "resourceId", "correlationId", "originSubject", decode("originCommitment", 'base64'), decode("originSealed", 'base64'),
      "detailsSubject", decode("detailsCommitment", 'base64'), decode("detailsSealed", 'base64'), sequence, "aggregateVersion"
    from json_to_recordset(${JSON.stringify(rows)}::json) as e(id uuid, "tenantId" uuid, "leafIndex" bigint,
      "occurredAt" timestamptz, service text, "actorType" text, "actorId" text, action text, resource text,
      "resourceId" text, "correlationId" text, "originSubject" text, "originCommitment" text, "originSealed" text,
      "detailsSubject" text, "detailsCommitment" text, "detailsSealed" text, sequence bigint, "aggregateVersion" integer)`)
}

/** A tree as it has grown, and what that adds to its tiles. */
export interface Growth {
  readonly tenantId: string
  readonly tree: Tree
  readonly parts: readonly TilePart[]
}

export async function growTrees(tx: Tx, growths: readonly Growth[]) {
  const grown = growths.map(({ tenantId, tree: { size, frontier } }) => ({
    tenantId,
    size,
    frontier: Buffer.concat(frontier).toString('base64'),
  }))
  const parts = growths.flatMap(({ tenantId, parts }) =>
    parts.map(({ hashes, ...part }) => ({ tenantId, ...part, hashes: hashes.toString('base64') })),
  )
  await Promise.all([
    tx.execute(sql`
      update ${trees} set size = g.size, frontier = decode(g.frontier, 'base64')
      from jsonb_to_recordset(${JSON.stringify(grown)}::jsonb) as g("tenantId" uuid, size bigint, frontier text)
      where tenant_id = g."tenantId"`),
    tx.execute(sql`
      insert into ${tiles} (tenant_id, level, index, start, hashes)
      select "tenantId", level, index, "offset", decode(hashes, 'base64')
      from jsonb_to_recordset(${JSON.stringify(parts)}::jsonb)
        as p("tenantId" uuid, level smallint, index bigint, "offset" smallint, hashes text)`),
  ])
}

export type Action = Pick<NewEntry, 'tenantId' | 'action' | 'resource'>

/** Notes which actions there are, those that aren't noted yet. */
export async function noteActions(tx: Tx, noted: readonly Action[]) {
  await tx.execute(sql`
    insert into ${actions} (tenant_id, action, resource)
    select "tenantId", action, resource
    from jsonb_to_recordset(${JSON.stringify(noted)}::jsonb) as a("tenantId" uuid, action text, resource text)
    order by 1, 2, 3
    on conflict do nothing`)
}
