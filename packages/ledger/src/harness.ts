import { createHash } from 'node:crypto'
import { type Tile, tileWidth } from './tiles.ts'
import { emptyTree, grow, hashLeaf, type Tree } from './tree.ts'

const sha256 = (...parts: readonly Uint8Array[]) =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest()

/** Leaf number n of the trees that the tests grow. */
export const leafOf = (n: number) => Buffer.from(`leaf ${n}`)

export const leafHashes = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => hashLeaf(leafOf(from + n)))

/** The definitions of RFC 9162, §2.1, to the letter, over the leaves above. */
export function createDefinition() {
  const known = new Map<string, Buffer>()
  const powerBelow = (n: number) => 2 ** Math.floor(Math.log2(n - 1))
  /** MTH(D[from:to]), §2.1.1. */
  function root(from: number, to: number): Buffer {
    const name = `${from}:${to}`
    const found = known.get(name) ?? make(from, to)
    known.set(name, found)
    return found
  }
  function make(from: number, to: number) {
    if (from === to) return sha256()
    if (to - from === 1) return sha256(Buffer.of(0), leafOf(from))
    const k = powerBelow(to - from)
    return sha256(Buffer.of(1), root(from, from + k), root(from + k, to))
  }
  /** PATH(m, D[from:to]), §2.1.3.1. */
  function path(m: number, from: number, to: number): Buffer[] {
    if (to - from === 1) return []
    const k = powerBelow(to - from)
    if (m < k) return [...path(m, from, from + k), root(from + k, to)]
    return [...path(m - k, from + k, to), root(from, from + k)]
  }
  /** SUBPROOF(m, D[from:to], b), §2.1.4.1. */
  function subproof(m: number, from: number, to: number, b: boolean): Buffer[] {
    if (m === to - from) return b ? [] : [root(from, to)]
    const k = powerBelow(to - from)
    if (m <= k) return [...subproof(m, from, from + k, b), root(from + k, to)]
    return [...subproof(m - k, from + k, to, false), root(from, from + k)]
  }
  return {
    root: (size: number) => root(0, size),
    path: (m: number, size: number) => path(m, 0, size),
    proof: (m: number, size: number) => subproof(m, 0, size, true),
  }
}

/** A tree with its tiles, kept as a database would keep them. */
export class TiledTree {
  tree: Tree = emptyTree
  readonly #tiles = new Map<string, Buffer>()

  grow(leafHashes: readonly Buffer[]): this {
    const { tree, parts } = grow(this.tree, leafHashes)
    for (const { level, index, offset, hashes } of parts) {
      const id = `${level}/${index}`
      const before = this.#tiles.get(id) ?? Buffer.alloc(0)
      if (before.length !== 32 * offset)
        throw new Error(`tile ${id} has ${before.length} bytes, not ${32 * offset}`)
      this.#tiles.set(id, Buffer.concat([before, hashes]))
    }
    this.tree = tree
    return this
  }

  /** Those that are asked for, and no other. */
  read(ids: readonly Pick<Tile, 'level' | 'index'>[]): Tile[] {
    return ids.map(({ level, index }) => {
      const hashes = this.#tiles.get(`${level}/${index}`)
      if (!hashes || hashes.length > 32 * tileWidth) throw new Error(`no tile ${level}/${index}`)
      return { level, index, hashes }
    })
  }

  get tiles(): ReadonlyMap<string, Buffer> {
    return this.#tiles
  }
}
