import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openCheckpoint, signCheckpoint } from './checkpoint.ts'
import { leafHashes } from './harness.ts'
import { createVerifierKey, parseVerifierKey, signNote } from './signed-note.ts'
import { emptyRoot, emptyTree, grow, rootOf } from './tree.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const signer = { key: createVerifierKey('id.example.com/audit', publicKey), privateKey }
const origin = 'id.example.com/audit/0198c1a2-0000-7000-8000-000000000001'
const root = rootOf(grow(emptyTree, leafHashes(0, 42)).tree)

test('a checkpoint opens as it was signed', () => {
  const opened = openCheckpoint(signCheckpoint({ origin, size: 42, root }, [signer]), [signer.key])
  expect(opened).toEqual({ origin, size: 42, root, signedBy: [signer.key] })
})

test('its text is that of tlog-checkpoint', () => {
  const note = signCheckpoint({ origin, size: 42, root }, [signer])
  expect(note.split('\n').slice(0, 4)).toEqual([origin, '42', root.toString('base64'), ''])
})

test('a tree head that sum.golang.org published is read', () => {
  const head = 'go.sum database tree\n756113\nk9nFMBuXq8uk+9SQNxs/Vadri2XDkaoo96u4uMa0qE0=\n'
  const signature =
    'Az3grgIHxiDLRpsKUElIX5vJMlFS79SqfQDSgHQmON922lNdJ5zxF8SSPPcah3jhIkpG8LSKNaWXiy7IldOSDCt4Pwk='
  const key = parseVerifierKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8')
  const opened = openCheckpoint(`${head}\n— sum.golang.org ${signature}\n`, [key])
  expect(opened).toMatchObject({ origin: 'go.sum database tree', size: 756_113 })
})

test('the empty ledger has a checkpoint', () => {
  const note = signCheckpoint({ origin, size: 0, root: emptyRoot }, [signer])
  expect(openCheckpoint(note, [signer.key])).toMatchObject({ size: 0, root: emptyRoot })
})

test('a checkpoint with any bit flipped does not open', () => {
  const note = Buffer.from(signCheckpoint({ origin, size: 42, root }, [signer]))
  fc.assert(
    fc.property(fc.nat({ max: note.length * 8 - 1 }), (bit) => {
      const flipped = Buffer.from(note)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => openCheckpoint(flipped.toString(), [signer.key])).toThrow()
    }),
    { numRuns: 2_000 },
  )
})

const base64 = root.toString('base64')
test.each([
  ['too few lines', `${origin}\n42\n`],
  ['no origin', `\n42\n${base64}\n`],
  ['a size with a leading zero', `${origin}\n042\n${base64}\n`],
  ['a negative size', `${origin}\n-1\n${base64}\n`],
  ['a size that no integer holds', `${origin}\n9007199254740993\n${base64}\n`],
  ['a root of another length', `${origin}\n42\n${root.toString('base64', 0, 31)}\n`],
  ['a root that is no base64', `${origin}\n42\n${base64.replace('=', '')}\n`],
  ['an empty extension', `${origin}\n42\n${base64}\n\n`],
])('a signed note with %s is no checkpoint', (_, text) => {
  const note = signNote(text, [signer])
  expect(() => openCheckpoint(note, [signer.key])).toThrow(expect.objectContaining({ reason: 'malformed' }))
})

test('extensions are allowed, and not looked at', () => {
  const note = signNote(`${origin}\n42\n${base64}\nan extension\n`, [signer])
  expect(openCheckpoint(note, [signer.key]).size).toBe(42)
})
