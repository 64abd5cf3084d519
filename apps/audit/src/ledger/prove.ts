import type { Tx } from '@gatehouse/db/tenant'
import { consistencyProof, consistencyTiles } from '@gatehouse/ledger/consistency'
import { inclusionProof } from '@gatehouse/ledger/inclusion'
import { formatInclusion } from '@gatehouse/ledger/inclusion-text'
import { leafBytes } from '@gatehouse/ledger/leaf'
import { rootsOf, tilesOf } from '@gatehouse/ledger/ranges'
import type { TileId } from '@gatehouse/ledger/tiles'
import { emptyRoot } from '@gatehouse/ledger/tree'
import { entryNotFound, noCheckpoint, noSuchSize, notSignedYet } from '../errors.ts'
import { leafOfEntry } from '../leaf-of-entry.ts'
import * as repository from './repository.ts'

/**
 * That an entry is in the ledger, as a text that verifies by itself (c2sp.org/tlog-proof).
 * @throws entryNotFound, notSignedYet
 */
export async function proveInclusion(tx: Tx, tenantId: string, id: string): Promise<string> {
  const found = await repository.provable(tx, tenantId, id)
  if (!found) throw entryNotFound()
  const { entry, checkpoint, tiles } = found
  const index = entry.leafIndex
  if (!checkpoint || checkpoint.size <= index) throw notSignedYet({ headers: { 'retry-after': '1' } })
  return formatInclusion({
    index,
    proof: inclusionProof(index, checkpoint.size, tiles),
    checkpoint: checkpoint.note,
    leaf: leafBytes(leafOfEntry(entry)),
  })
}

interface Sizes {
  readonly from: number
  /** Left out: that of the newest checkpoint. */
  readonly to?: number | undefined
}

/**
 * That the ledger only grew from one size to another (RFC 9162, section 2.1.4).
 * @throws noCheckpoint, noSuchSize
 */
export async function proveConsistency(tx: Tx, tenantId: string, { from, to: asked }: Sizes) {
  const newest = await repository.newest(tx, tenantId)
  if (!newest) throw noCheckpoint()
  const to = asked ?? newest.size
  if (from > to || to > newest.size) throw noSuchSize()
  const whole = (size: number) => (size === 0 ? [] : [{ from: 0, to: size }])
  const needed = [...consistencyTiles(from, to), ...tilesOf([...whole(from), ...whole(to)])]
  const tiles = await read(tx, tenantId, needed)
  const rootAt = (size: number) => rootsOf(whole(size), tiles)[0] ?? emptyRoot
  return { from, to, fromRoot: rootAt(from), toRoot: rootAt(to), proof: consistencyProof(from, to, tiles) }
}

async function read(tx: Tx, tenantId: string, needed: readonly TileId[]) {
  const wanted = new Map(needed.map((tile) => [`${tile.level}/${tile.index}`, { ...tile, tenantId }]))
  return (await repository.tilesOf(tx, [...wanted.values()])).get(tenantId) ?? []
}
