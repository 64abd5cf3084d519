import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import type { Tile, TileId } from '@gatehouse/ledger/tiles'
import type { Tree } from '@gatehouse/ledger/tree'
import { and, asc, desc, eq, gt, gte, isNull, lt, sql } from 'drizzle-orm'
import { keyedEntries } from '../keyed-entries.ts'
import { checkpointKeys, checkpoints, entries, tiles, trees } from '../tables.ts'

const hashLength = 32

/** A tree that has grown since it was last signed. */
export interface UnsignedTree extends Tree {
  readonly tenantId: string
}

/** In the order of their tenants' ids, after that of one. */
export async function unsigned(tx: Tx, after: string, limit: number): Promise<UnsignedTree[]> {
  const rows = await tx
    .select({ tenantId: trees.tenantId, size: trees.size, frontier: trees.frontier })
    .from(trees)
    .where(and(gt(trees.size, trees.signedSize), gt(trees.tenantId, after)))
    .orderBy(trees.tenantId)
    .limit(limit)
  return rows.map(({ frontier, ...tree }) => ({ ...tree, frontier: hashesOf(frontier) }))
}

const hashesOf = (bytes: Buffer) =>
  Array.from({ length: bytes.length / hashLength }, (_, n) =>
    bytes.subarray(n * hashLength, (n + 1) * hashLength),
  )

export async function treeOf(tx: Tx, tenantId: string): Promise<Tree | undefined> {
  const [row] = await tx
    .select({ size: trees.size, frontier: trees.frontier })
    .from(trees)
    .where(eq(trees.tenantId, tenantId))
  return row && { size: row.size, frontier: hashesOf(row.frontier) }
}

/** The tenants whose ledgers have been signed, or one of them. */
export async function signedTenants(tx: Tx, tenantId: string | undefined): Promise<string[]> {
  const rows = await tx
    .select({ tenantId: trees.tenantId })
    .from(trees)
    .where(and(gt(trees.signedSize, 0), tenantId === undefined ? undefined : eq(trees.tenantId, tenantId)))
    .orderBy(trees.tenantId)
  return rows.map((row) => row.tenantId)
}

/** A tile of a tenant's tree. */
export interface Wanted extends TileId {
  readonly tenantId: string
}

/** Of each tenant the tiles that are wanted, as far as they are there, in one query. */
export async function tilesOf(tx: Tx, wanted: readonly Wanted[]): Promise<Map<string, Tile[]>> {
  if (wanted.length === 0) return new Map()
  const rows = await tx.execute<{ tenantId: string; level: number; index: number; hashes: Buffer }>(sql`
    select tenant_id as "tenantId", level, index::float8, string_agg(hashes, ''::bytea order by start) as hashes
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w("tenantId" uuid, level smallint, index bigint)
    join ${tiles} using (level, index) where tenant_id = "tenantId"
    group by 1, 2, 3`)
  return Map.groupBy(rows, ({ tenantId }) => tenantId)
}

export interface Checkpointed {
  readonly tenantId: string
  readonly size: number
  readonly root: Buffer
  readonly note: string
}

/** Keeps signed checkpoints; the trees are locked in the order of their tenants' ids, as appending does. */
export async function keep(tx: Tx, signed: readonly Checkpointed[]) {
  const rows = JSON.stringify(signed.map(({ tenantId, size }) => ({ tenantId, size })))
  await Promise.all([
    tx
      .insert(checkpoints)
      .values([...signed])
      .onConflictDoNothing(),
    tx.execute(sql`
      select from ${trees} where tenant_id in (
        select "tenantId" from jsonb_to_recordset(${rows}::jsonb) as s("tenantId" uuid))
      order by tenant_id for update`),
    tx.execute(sql`
      update ${trees} set signed_size = greatest(signed_size, s.size)
      from jsonb_to_recordset(${rows}::jsonb) as s("tenantId" uuid, size bigint) where tenant_id = s."tenantId"`),
  ])
}

/** The newest checkpoint of a tenant. */
export async function newest(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select()
    .from(checkpoints)
    .where(eq(checkpoints.tenantId, tenantId))
    .orderBy(desc(checkpoints.size))
    .limit(1)
  return row
}

interface Part {
  readonly limit: number
  readonly after: number | undefined
  readonly offset: number
}

/** The checkpoints of a tenant, newest first. */
export const page = (tx: Tx, tenantId: string, { limit, after, offset }: Part) =>
  tx
    .select()
    .from(checkpoints)
    .where(
      and(eq(checkpoints.tenantId, tenantId), after === undefined ? undefined : lt(checkpoints.size, after)),
    )
    .orderBy(desc(checkpoints.size))
    .limit(limit)
    .offset(offset)

export const total = (tx: Tx, tenantId: string) => tx.$count(checkpoints, eq(checkpoints.tenantId, tenantId))

/**
 * An entry as its leaf has it, the newest checkpoint, and the tiles that the proof of it is made of: at each level the one
 * that the way from the leaf to the root goes through, and the last one. In one query.
 */
export async function provable(tx: Tx, tenantId: string, id: string) {
  const rows = await provableById(tx).execute({ tenantId, id })
  const [first] = rows
  return first && { ...first, tiles: rows.flatMap(({ tile }) => tile ?? []) }
}

const provableById = prepared((tx) => {
  const checkpoint = tx
    .select({ size: checkpoints.size, note: checkpoints.note })
    .from(checkpoints)
    .where(eq(checkpoints.tenantId, entries.tenantId))
    .orderBy(desc(checkpoints.size))
    .limit(1)
    .as('checkpoint')
  const tile = tx
    .select({
      level: tiles.level,
      index: tiles.index,
      hashes: sql<Buffer>`string_agg(${tiles.hashes}, ''::bytea order by ${tiles.start})`.as('hashes'),
    })
    .from(sql`generate_series(0, 6) as height`)
    .innerJoin(tiles, sql`${tiles.level} = height`)
    .where(
      and(
        eq(tiles.tenantId, entries.tenantId),
        sql`${tiles.index} in (${entries.leafIndex} >> 8 * (height + 1), ${checkpoint.size} - 1 >> 8 * (height + 1))`,
      ),
    )
    .groupBy(tiles.level, tiles.index)
    .as('tile')
  return tx
    .select({
      entry: entries,
      checkpoint: { size: checkpoint.size, note: checkpoint.note },
      tile: { level: tile.level, index: tile.index, hashes: tile.hashes },
    })
    .from(entries)
    .leftJoinLateral(checkpoint, sql`true`)
    .leftJoinLateral(tile, sql`true`)
    .where(and(eq(entries.id, sql.placeholder('id')), eq(entries.tenantId, sql.placeholder('tenantId'))))
    .prepare('provable_entry')
})

/** An entry, and the sealed keys of what is personal of it. */
export type Entry = Awaited<ReturnType<typeof entriesBetween>>[number]

/** The entries from one place in the ledger to before another, in its order. */
export const entriesBetween = (tx: Tx, tenantId: string, from: number, to: number) =>
  keyedEntries(tx)
    .where(and(eq(entries.tenantId, tenantId), gte(entries.leafIndex, from), lt(entries.leafIndex, to)))
    .orderBy(entries.leafIndex)

/** From which leaf on the entries of a tenant are all there. */
export async function retainedFrom(tx: Tx, tenantId: string) {
  const [tree] = await tx
    .select({ retainedFrom: trees.retainedFrom })
    .from(trees)
    .where(eq(trees.tenantId, tenantId))
  return tree?.retainedFrom ?? 0
}

/** All keys that there ever were, the first one first. */
export const keys = (tx: Tx) =>
  tx
    .select({
      sealedKey: checkpointKeys.sealedKey,
      name: checkpointKeys.name,
      signs: sql<boolean>`${checkpointKeys.signsUntil} is null or ${checkpointKeys.signsUntil} > now()`,
    })
    .from(checkpointKeys)
    .orderBy(asc(checkpointKeys.createdAt))

/** Waits until no other process is deciding about keys; held until the transaction ends. */
export async function lockKeys(tx: Tx) {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('gatehouse.checkpoint_keys', 0))`)
}

/** Adds a key; those before it sign for so many seconds more. */
export async function addKey(tx: Tx, key: { sealedKey: string; name: string }, overlapSeconds: number) {
  const signsUntil = sql`now() + make_interval(secs => ${overlapSeconds})`
  await tx.update(checkpointKeys).set({ signsUntil }).where(isNull(checkpointKeys.signsUntil))
  await tx.insert(checkpointKeys).values(key)
}
