import { half, largestPowerOf2, wayDown, wayUp } from './proof-path.ts'
import { type Range, rootsOf, tilesOf } from './ranges.ts'
import type { Tile, TileId } from './tiles.ts'
import { emptyRoot, hashChildren } from './tree.ts'

/** The tiles that `consistencyProof` needs, each once. */
export function consistencyTiles(from: number, to: number): TileId[] {
  return tilesOf(subproofs(from, to))
}

/**
 * That the tree of the first `to` leaves begins with the tree of the first `from` (RFC 9162, §2.1.4.1). Without a hash where
 * there is nothing to show: from a tree without leaves, and between equal sizes.
 * @param tiles those of `consistencyTiles`; what they hold beyond `to` isn't looked at
 * @throws {RangeError} unless 0 ≤ from ≤ to
 * @throws {Error} if a tile is missing or too short
 */
export function consistencyProof(from: number, to: number, tiles: readonly Tile[]): Buffer[] {
  return rootsOf(subproofs(from, to), tiles)
}

export interface Consistency {
  readonly from: number
  readonly to: number
  readonly fromRoot: Uint8Array
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** RFC 9162, §2.1.4.2. */
export function verifyConsistency({ from, to, fromRoot, toRoot, proof }: Consistency): boolean {
  if (!isGrowth(from, to) || ![fromRoot, toRoot, ...proof].every(({ length }) => length === 32)) return false
  if (from === 0) return proof.length === 0 && Buffer.compare(fromRoot, emptyRoot) === 0
  if (from === to) return proof.length === 0 && Buffer.compare(fromRoot, toRoot) === 0
  // A complete earlier tree is a node of the later one: the proof leaves out its root, which the verifier has.
  const [first, ...rest] = largestPowerOf2(from) === from ? [fromRoot, ...proof] : proof
  const sides = wayUp(...lastNode(from, to), rest.length)
  if (!first || !sides) return false
  const hashAll = (besides: readonly Uint8Array[], isLeft: (n: number) => boolean) =>
    besides.reduce(
      (below, beside, n) => (isLeft(n) ? hashChildren(beside, below) : hashChildren(below, beside)),
      first,
    )
  // What stands to the left is in both trees, what stands to the right only in the later one.
  const earlier = hashAll(
    rest.filter((_, n) => sides[n] === 'left'),
    () => true,
  )
  const later = hashAll(rest, (n) => sides[n] === 'left')
  return Buffer.compare(earlier, fromRoot) === 0 && Buffer.compare(later, toRoot) === 0
}

/** The largest complete subtree that the earlier tree ends with: its number in its row, and that of the row's last one. */
function lastNode(from: number, to: number): [number, number] {
  let [fn, sn] = [from - 1, to - 1]
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  return [fn, sn]
}

/** PROOF(from, D_to): down the later tree to the node that the earlier one ends with. */
function subproofs(earlier: number, later: number): Range[] {
  if (!isGrowth(earlier, later)) throw new RangeError(`no tree grows from ${earlier} leaves to ${later}`)
  if (earlier === 0) return []
  const { end, beside } = wayDown(earlier - 1, later, ({ to }) => to === earlier)
  return end.from === 0 ? beside : [end, ...beside]
}

function isGrowth(from: number, to: number) {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to
}
