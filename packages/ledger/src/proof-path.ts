import type { Range } from './ranges.ts'

/**
 * Down the tree of `size` leaves towards one of them, halved as RFC 9162, §2.1.1, halves it, until `isEnd`: where that
 * ends, and the halves that the way left aside, from the end up.
 */
export function wayDown(leaf: number, size: number, isEnd: (range: Range) => boolean) {
  const beside: Range[] = []
  let end: Range = { from: 0, to: size }
  while (!isEnd(end)) {
    const { from, to } = end
    const middle = from + largestPowerOf2(to - from - 1)
    const [left, right] = [
      { from, to: middle },
      { from: middle, to },
    ]
    end = leaf < middle ? left : right
    beside.unshift(leaf < middle ? right : left)
  }
  return { end, beside }
}

/**
 * The way up from a node, as RFC 9162, §2.1.3.2 and §2.1.4.2, walk it: for each hash of a proof whether it stands to the
 * left. Undefined if a proof from there has another number of hashes.
 * @param fn number of the node within its row @param sn number of the last node of that row
 */
export function wayUp(fn: number, sn: number, length: number): ('left' | 'right')[] | undefined {
  const sides: ('left' | 'right')[] = []
  while (sides.length < length) {
    if (sn === 0) return undefined
    const side = fn % 2 === 1 || fn === sn ? 'left' : 'right'
    sides.push(side)
    // A node at the end of an odd row has no sibling, and goes up as it is.
    while (side === 'left' && fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, half(sn)]
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 ? sides : undefined
}

/** The largest power of two up to n, which is at least 1. */
export function largestPowerOf2(n: number): number {
  let power = 1
  while (power * 2 <= n) power *= 2
  return power
}

/** @returns n ÷ 2, rounded down; bit operators stop at 32 bits */
export function half(n: number): number {
  return Math.floor(n / 2)
}
