import { wayDown, wayUp } from './proof-path.ts'
import { type Range, rootsOf, tilesOf } from './ranges.ts'
import type { Tile, TileId } from './tiles.ts'
import { hashChildren } from './tree.ts'

/** The tiles that `inclusionProof` needs, each once. */
export function inclusionTiles(index: number, size: number): TileId[] {
  return tilesOf(path(index, size))
}

/**
 * That the leaf at `index` is in the tree of the first `size` leaves (RFC 9162, §2.1.3.1): the hashes beside its way to
 * the root, from the leaf's sibling up.
 * @param tiles those of `inclusionTiles`; what they hold beyond `size` isn't looked at
 * @throws {RangeError} if the tree has no such leaf
 * @throws {Error} if a tile is missing or too short
 */
export function inclusionProof(index: number, size: number, tiles: readonly Tile[]): Buffer[] {
  return rootsOf(path(index, size), tiles)
}

export interface Inclusion {
  readonly index: number
  readonly size: number
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** RFC 9162, §2.1.3.2. */
export function verifyInclusion({ index, size, leafHash, proof, root }: Inclusion): boolean {
  if (!isLeafOf(index, size) || ![leafHash, ...proof, root].every(({ length }) => length === 32)) return false
  const sides = wayUp(index, size - 1, proof.length)
  if (!sides) return false
  const found = proof.reduce(
    (below, beside, n) => (sides[n] === 'left' ? hashChildren(beside, below) : hashChildren(below, beside)),
    leafHash,
  )
  return Buffer.compare(found, root) === 0
}

/** PATH(index, D_size). */
function path(index: number, size: number): Range[] {
  if (!isLeafOf(index, size)) throw new RangeError(`a tree of ${size} leaves has none at ${index}`)
  return wayDown(index, size, ({ from, to }) => to - from === 1).beside
}

function isLeafOf(index: number, size: number) {
  return Number.isSafeInteger(index) && Number.isSafeInteger(size) && 0 <= index && index < size
}
