import fc from 'fast-check'
import { expect, test } from 'vitest'
import { consistencyProof, consistencyTiles, verifyConsistency } from './consistency.ts'
import { createDefinition, leafHashes, TiledTree } from './harness.ts'

const definition = createDefinition()
const tiled = new TiledTree().grow(leafHashes(0, 70_000))
const proofFromTiles = (from: number, to: number) =>
  consistencyProof(from, to, tiled.read(consistencyTiles(from, to)))
const partsOf = (from: number, to: number) => ({
  from,
  to,
  fromRoot: definition.root(from),
  toRoot: definition.root(to),
  proof: definition.proof(from, to),
})

const growth = fc
  .integer({ min: 2, max: 300 })
  .chain((to) => fc.tuple(fc.integer({ min: 1, max: to - 1 }), fc.constant(to)))

test('between all sizes up to 300 the proof that RFC 9162 defines verifies', () => {
  for (let to = 1; to <= 300; to++) {
    for (let from = 1; from <= to; from++)
      expect(verifyConsistency(partsOf(from, to)), `${from} to ${to}`).toBe(true)
  }
})

test('the proofs made from tiles are those that RFC 9162 defines', () => {
  fc.assert(
    fc.property(growth, ([from, to]) => {
      expect(proofFromTiles(from, to)).toEqual(definition.proof(from, to))
    }),
    { numRuns: 2_000 },
  )
})

test('in a tree that fills tiles of three levels too', () => {
  for (const from of [1, 255, 256, 257, 65_535, 65_536, 65_537, 69_888, 69_999, 70_000]) {
    const proof = proofFromTiles(from, 70_000)
    expect(proof).toEqual(definition.proof(from, 70_000))
    expect(verifyConsistency({ ...partsOf(from, 70_000), proof })).toBe(true)
  }
})

test('a proof with any bit flipped fails: in a hash and in either root', () => {
  fc.assert(
    fc.property(growth, fc.nat(), ([from, to], at) => {
      const parts = partsOf(from, to)
      const flipped = [parts.fromRoot, parts.toRoot, ...parts.proof].map((hash) => Buffer.from(hash))
      const hash = flipped[at % flipped.length]
      if (hash) hash[at % 32] = (hash[at % 32] ?? 0) ^ (1 << (at % 8))
      const [fromRoot, toRoot, ...proof] = flipped
      if (!fromRoot || !toRoot) throw new Error('nothing to verify')
      expect(verifyConsistency({ from, to, fromRoot, toRoot, proof })).toBe(false)
    }),
    { numRuns: 3_000 },
  )
})

test('a proof between trees of which the later was rewritten fails', () => {
  const rewritten = new TiledTree().grow([...leafHashes(0, 40), ...leafHashes(1, 61)])
  const tiles = rewritten.read(consistencyTiles(50, 100))
  const proof = consistencyProof(50, 100, tiles)
  expect(verifyConsistency({ ...partsOf(50, 100), proof })).toBe(false)
})

test('a proof that is longer or shorter, or whose hashes are, fails', () => {
  for (const [from, to] of [
    [5, 12],
    [8, 12],
    [12, 12],
  ] as const) {
    const parts = partsOf(from, to)
    expect(verifyConsistency(parts)).toBe(true)
    expect(verifyConsistency({ ...parts, proof: [...parts.proof, Buffer.alloc(32)] })).toBe(false)
    if (parts.proof.length === 0) continue
    expect(verifyConsistency({ ...parts, proof: parts.proof.slice(1) })).toBe(false)
    expect(verifyConsistency({ ...parts, proof: parts.proof.slice(0, -1) })).toBe(false)
    expect(verifyConsistency({ ...parts, proof: parts.proof.with(0, Buffer.alloc(33)) })).toBe(false)
  }
})

test('every tree grows from the empty one, whose root is the hash of nothing', () => {
  expect(proofFromTiles(0, 100)).toEqual([])
  const parts = { from: 0, to: 100, fromRoot: definition.root(0), toRoot: definition.root(100), proof: [] }
  expect(verifyConsistency(parts)).toBe(true)
  expect(verifyConsistency({ ...parts, fromRoot: definition.root(1) })).toBe(false)
})

test.each([
  [-1, 5],
  [6, 5],
  [0.5, 5],
  [1, Number.NaN],
  [1, 2 ** 53],
])('no tree grows from %d leaves to %d', (from, to) => {
  const parts = { ...partsOf(2, 5), from, to }
  expect(verifyConsistency(parts)).toBe(false)
  expect(() => consistencyTiles(from, to)).toThrow(RangeError)
})
