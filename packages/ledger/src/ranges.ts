import { type Tile, type TileId, tileHeight, tileWidth } from './tiles.ts'
import { hashChildren } from './tree.ts'

/**
 * The leaves from `from` to before `to`. In a proof, either the leaves of one complete subtree or all from such a
 * subtree's beginning to the end of the tree.
 */
export interface Range {
  readonly from: number
  readonly to: number
}

/** The tiles that the roots over these ranges are made from, each once. */
export function tilesOf(ranges: readonly Range[]): TileId[] {
  const tiles = new Map<string, TileId>()
  for (const { level, index } of ranges.flatMap(subtreesOf)) tiles.set(`${level}/${index}`, { level, index })
  return [...tiles.values()]
}

/**
 * The roots over these ranges (RFC 9162, §2.1.1).
 * @throws {Error} if a tile is missing or too short
 */
export function rootsOf(ranges: readonly Range[], tiles: readonly Tile[]): Buffer[] {
  const byId = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  const rootOfSubtree = ({ level, index, offset, width }: Subtree) => {
    const hashes = byId.get(`${level}/${index}`)
    if (!hashes || hashes.length < 32 * (offset + width))
      throw new Error(`tile ${level}/${index} lacks hashes`)
    return rootOver(hashes.subarray(32 * offset, 32 * (offset + width)))
  }
  return ranges.map((range) =>
    subtreesOf(range)
      .map(rootOfSubtree)
      .reduceRight((right, left) => hashChildren(left, right)),
  )
}

/** A complete subtree, as the neighbouring hashes of a tile that it is the root over. */
interface Subtree extends TileId {
  readonly offset: number
  readonly width: number
}

/** The complete subtrees that a range is made of, largest first. */
function subtreesOf({ from, to }: Range): Subtree[] {
  const subtrees: Subtree[] = []
  for (let start = from; start < to; ) {
    let height = 0
    while (2 ** (height + 1) <= to - start) height += 1
    subtrees.push(subtreeAt(start, height))
    start += 2 ** height
  }
  return subtrees
}

function subtreeAt(start: number, height: number): Subtree {
  const level = Math.floor(height / tileHeight)
  const first = start / tileWidth ** level
  return {
    level,
    index: Math.floor(first / tileWidth),
    offset: first % tileWidth,
    width: 2 ** (height % tileHeight),
  }
}

/** @param hashes so many as a power of two, of 32 bytes each */
function rootOver(hashes: Uint8Array): Buffer {
  if (hashes.length === 32) return Buffer.from(hashes)
  const middle = hashes.length / 2
  return hashChildren(rootOver(hashes.subarray(0, middle)), rootOver(hashes.subarray(middle)))
}
