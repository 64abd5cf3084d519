import { RFC9162 } from '@transmute/rfc9162'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDefinition, leafHashes, leafOf, TiledTree } from './harness.ts'
import { emptyRoot, emptyTree, grow, hashLeaf, rootOf, type Tree } from './tree.ts'

const definition = createDefinition()

/** The leaves and the roots of the trees of 0 to 8 of them that Certificate Transparency's implementations share. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('the roots are those that the implementations of Certificate Transparency agree on', () => {
  const hashes = leaves.map((leaf) => hashLeaf(Buffer.from(leaf, 'hex')))
  const grown = roots.map((_, size) => rootOf(grow(emptyTree, hashes.slice(0, size)).tree).toString('hex'))
  expect(grown).toEqual(roots)
})

test('the roots of all trees up to 1,024 leaves are as RFC 9162 defines them', () => {
  let tree: Tree = emptyTree
  for (let size = 0; size <= 1_024; size++) {
    expect(rootOf(tree), `of ${size}`).toEqual(definition.root(size))
    tree = grow(tree, leafHashes(size, size + 1)).tree
  }
})

test('the roots are those of another implementation', async () => {
  const sizes = [...Array.from({ length: 257 }, (_, size) => size), 511, 512, 513, 1_000, 1_023, 1_024]
  for (const size of sizes) {
    const theirs = await RFC9162.treeHead(Array.from({ length: size }, (_, n) => leafOf(n)))
    expect(rootOf(grow(emptyTree, leafHashes(0, size)).tree), `of ${size}`).toEqual(Buffer.from(theirs))
  }
})

test('a tree that grows in batches is the one that grows at once, its tiles too', () => {
  const batches = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 8 })
  fc.assert(
    fc.property(batches, (sizes) => {
      const inBatches = new TiledTree()
      for (const size of sizes) inBatches.grow(leafHashes(inBatches.tree.size, inBatches.tree.size + size))
      const atOnce = new TiledTree().grow(leafHashes(0, inBatches.tree.size))
      expect(inBatches.tree).toEqual(atOnce.tree)
      expect(inBatches.tiles).toEqual(atOnce.tiles)
    }),
    { numRuns: 30 },
  )
})

test('70,000 leaves have the tiles of the example in tlog-tiles', () => {
  const { tiles } = new TiledTree().grow(leafHashes(0, 70_000))
  const widths = (level: number) =>
    [...tiles].filter(([id]) => id.startsWith(`${level}/`)).map(([, hashes]) => hashes.length / 32)
  expect(widths(0)).toEqual([...Array<number>(273).fill(256), 112])
  expect(widths(1)).toEqual([256, 17])
  expect(widths(2)).toEqual([1])
  expect(widths(3)).toEqual([])
})

test('256 leaves fill their tile, and begin the one above', () => {
  const { tiles } = new TiledTree().grow(leafHashes(0, 256))
  expect(tiles.get('0/0')?.length).toBe(256 * 32)
  expect(tiles.get('1/0')).toEqual(definition.root(256))
})

test('a tree beyond 2³² leaves grows all the same', () => {
  const size = 2 ** 33 + 2 ** 9 + 255
  const before: Tree = { size, frontier: Array.from({ length: 10 }, (_, n) => hashLeaf(leafOf(n))) }
  const { tree, parts } = grow(before, leafHashes(0, 1))
  expect(tree.size).toBe(size + 1)
  expect(tree.frontier).toHaveLength(3)
  expect(parts.map(({ level, index, offset }) => [level, index, offset])).toEqual([
    [0, 2 ** 25 + 2, 255],
    [1, 2 ** 17, 2],
  ])
})

test('a frontier of another size is refused', () => {
  const { frontier } = grow(emptyTree, leafHashes(0, 5)).tree
  expect(() => grow({ size: 6, frontier: frontier.slice(1) }, leafHashes(0, 1))).toThrow('frontier')
  expect(() => grow({ size: 7, frontier }, leafHashes(0, 1))).toThrow('frontier')
})

test('the root of nothing is the hash of nothing', () => {
  expect(rootOf(emptyTree)).toBe(emptyRoot)
  expect(emptyRoot.toString('hex')).toBe(roots[0])
})
