import { RFC9162 } from '@transmute/rfc9162'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDefinition, leafHashes, leafOf, TiledTree } from './harness.ts'
import { inclusionProof, inclusionTiles, verifyInclusion } from './inclusion.ts'
import { hashChildren, hashLeaf } from './tree.ts'

const definition = createDefinition()
const tiled = new TiledTree().grow(leafHashes(0, 70_000))
const proofFromTiles = (index: number, size: number) =>
  inclusionProof(index, size, tiled.read(inclusionTiles(index, size)))

const inTree = fc
  .integer({ min: 1, max: 300 })
  .chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)))

test('every leaf of every tree up to 300 has the proof that RFC 9162 defines, and it verifies', () => {
  for (let size = 1; size <= 300; size++) {
    for (let index = 0; index < size; index++) {
      const proof = definition.path(index, size)
      const root = definition.root(size)
      expect(verifyInclusion({ index, size, leafHash: hashLeaf(leafOf(index)), proof, root })).toBe(true)
    }
  }
})

test('the proofs made from tiles are those that RFC 9162 defines', () => {
  fc.assert(
    fc.property(inTree, ([index, size]) => {
      expect(proofFromTiles(index, size)).toEqual(definition.path(index, size))
    }),
    { numRuns: 2_000 },
  )
})

test('in a tree that fills tiles of three levels too', () => {
  const leafHash = (index: number) => hashLeaf(leafOf(index))
  for (const index of [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
    const size = 70_000
    const proof = proofFromTiles(index, size)
    expect(proof).toEqual(definition.path(index, size))
    expect(
      verifyInclusion({ index, size, leafHash: leafHash(index), proof, root: definition.root(size) }),
    ).toBe(true)
  }
})

test('the proofs are those of another implementation', async () => {
  for (const [index, size] of [
    [0, 1],
    [2, 3],
    [5, 8],
    [6, 7],
    [99, 100],
    [64, 129],
    [300, 301],
  ] as const) {
    const entries = Array.from({ length: size }, (_, n) => leafOf(n))
    const theirs = await RFC9162.inclusionProof(leafOf(index), entries)
    expect(proofFromTiles(index, size)).toEqual(theirs.inclusion_path.map((hash) => Buffer.from(hash)))
  }
})

test('a proof with any bit flipped fails: in the leaf, a hash, the root; so does one of another index or size', () => {
  fc.assert(
    fc.property(inTree, fc.nat(), ([index, size], at) => {
      const parts = {
        leafHash: hashLeaf(leafOf(index)),
        root: definition.root(size),
        proof: definition.path(index, size),
      }
      const hashes = [parts.leafHash, parts.root, ...parts.proof]
      const flipped = hashes.map((hash) => Buffer.from(hash))
      const hash = flipped[at % flipped.length]
      if (hash) hash[at % 32] = (hash[at % 32] ?? 0) ^ (1 << (at % 8))
      const [leafHash, root, ...proof] = flipped
      if (!leafHash || !root) throw new Error('nothing to verify')
      expect(verifyInclusion({ index, size, leafHash, root, proof })).toBe(false)
    }),
    { numRuns: 3_000 },
  )
})

test('a proof holds for its own index alone', () => {
  fc.assert(
    fc.property(inTree, fc.nat({ max: 400 }), ([index, size], other) => {
      fc.pre(other !== index)
      const leafHash = hashLeaf(leafOf(index))
      const parts = { leafHash, root: definition.root(size), proof: definition.path(index, size) }
      expect(verifyInclusion({ ...parts, index: other, size })).toBe(false)
    }),
    { numRuns: 3_000 },
  )
})

test('a proof that is longer or shorter, or whose hashes are, fails', () => {
  const parts = { index: 5, size: 12, leafHash: hashLeaf(leafOf(5)), root: definition.root(12) }
  const proof = definition.path(5, 12)
  expect(verifyInclusion({ ...parts, proof })).toBe(true)
  expect(verifyInclusion({ ...parts, proof: proof.slice(1) })).toBe(false)
  expect(verifyInclusion({ ...parts, proof: proof.slice(0, -1) })).toBe(false)
  expect(verifyInclusion({ ...parts, proof: [...proof, Buffer.alloc(32)] })).toBe(false)
  expect(verifyInclusion({ ...parts, proof: proof.with(0, Buffer.alloc(31)) })).toBe(false)
})

test('a proof that is longer than the tree is high fails, though its hashes add up', () => {
  const [leafHash, beside] = [hashLeaf(leafOf(0)), hashLeaf(leafOf(1))]
  const root = hashChildren(beside, leafHash)
  expect(verifyInclusion({ index: 0, size: 1, leafHash, proof: [beside], root })).toBe(false)
})

test.each([-1, 12, 0.5, Number.NaN, 2 ** 53])('no tree of 12 leaves has one at %d', (index) => {
  const parts = {
    size: 12,
    leafHash: hashLeaf(leafOf(0)),
    root: definition.root(12),
    proof: definition.path(0, 12),
  }
  expect(verifyInclusion({ ...parts, index })).toBe(false)
  expect(() => inclusionTiles(index, 12)).toThrow(RangeError)
})

test('no proof is made from a tile that is missing or too short', () => {
  const tiles = tiled.read(inclusionTiles(3, 300))
  expect(() => inclusionProof(3, 300, tiles.slice(1))).toThrow('lacks hashes')
  const short = tiles.map((tile) => ({ ...tile, hashes: tile.hashes.subarray(0, 32) }))
  expect(() => inclusionProof(3, 300, short)).toThrow('lacks hashes')
})
