import { hash } from 'node:crypto'
import { type TilePart, tileHeight, tileWidth } from './tiles.ts'

/**
 * A Merkle tree as RFC 9162, §2.1.1, hashes it, so far as growing it needs: its size, and the roots of the complete
 * subtrees that it is made of, largest first. These are as many as the size has ones in binary.
 */
export interface Tree {
  readonly size: number
  readonly frontier: readonly Buffer[]
}

export const emptyTree: Tree = { size: 0, frontier: [] }

/** The root of a tree without leaves: the hash of nothing. */
export const emptyRoot: Buffer = sha256('')

/** 0x00 keeps leaves and nodes apart, so that no node passes for a leaf. */
export function hashLeaf(bytes: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + bytes.length)
  input[0] = 0
  input.set(bytes, 1)
  return sha256(input)
}

const pair = Buffer.alloc(65, 1)

export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1)
  pair.set(right, 33)
  return sha256(pair)
}

// By way of text this takes half as long: hash() makes a buffer outside of those that Node.js has at hand.
function sha256(input: string | Uint8Array): Buffer {
  return Buffer.from(hash('sha256', input, 'base64'), 'base64')
}

export function rootOf({ frontier }: Tree): Buffer {
  return frontier.length === 0 ? emptyRoot : frontier.reduceRight((right, left) => hashChildren(left, right))
}

/**
 * The tree with these leaves after its own, and what that adds to the tiles.
 * @param leafHashes from `hashLeaf`
 * @throws {Error} if the frontier isn't one of a tree of this size
 */
export function grow(
  tree: Tree,
  leafHashes: Iterable<Buffer>,
): { readonly tree: Tree; readonly parts: TilePart[] } {
  if (tree.frontier.length !== ones(tree.size))
    throw new Error(`no tree of size ${tree.size} has this frontier`)
  const frontier = [...tree.frontier]
  let { size } = tree
  const added = new Map<number, Buffer[]>()
  for (const leafHash of leafHashes) {
    push(added, 0, leafHash)
    let root = leafHash
    let height = 0
    // Each one at the end of the size in binary is a complete subtree that the new one completes to the next larger.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = frontier.pop()
      if (!left) break
      root = hashChildren(left, root)
      height += 1
      if (height % tileHeight === 0) push(added, height / tileHeight, root)
    }
    frontier.push(root)
    size += 1
  }
  if (frontier.length !== ones(size))
    throw new Error(`the frontier is not one of a tree of size ${tree.size}`)
  const parts = [...added].flatMap(([level, hashes]) =>
    partsOf(level, Math.floor(tree.size / tileWidth ** level), hashes),
  )
  return { tree: { size, frontier }, parts }
}

function push(added: Map<number, Buffer[]>, level: number, root: Buffer) {
  const hashes = added.get(level)
  if (hashes) hashes.push(root)
  else added.set(level, [root])
}

function ones(size: number) {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

/** Hashes of a level from `first` on, cut where a tile ends. */
function partsOf(level: number, first: number, hashes: readonly Buffer[]) {
  const parts: TilePart[] = []
  for (let at = 0; at < hashes.length; ) {
    const offset = (first + at) % tileWidth
    const some = hashes.slice(at, at + tileWidth - offset)
    parts.push({ level, index: Math.floor((first + at) / tileWidth), offset, hashes: Buffer.concat(some) })
    at += some.length
  }
  return parts
}
