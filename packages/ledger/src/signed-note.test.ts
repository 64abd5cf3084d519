import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createVerifierKey,
  formatVerifierKey,
  type NoteSigner,
  openNote,
  parseVerifierKey,
  signNote,
} from './signed-note.ts'

/** From the tests of Go's golang.org/x/mod/sumdb/note. */
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const peterSeed = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const enoch = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const byPeter =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const byEnoch =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'
const peterKey = parseVerifierKey(peter)
const enochKey = parseVerifierKey(enoch)

function createSigner(name: string): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { key: createVerifierKey(name, publicKey), privateKey }
}

test("what Go's sumdb/note signed opens", () => {
  expect(openNote(`${text}\n${byPeter}`, [peterKey])).toEqual({ text, signedBy: [peterKey] })
  expect(openNote(`${text}\n${byPeter}${byEnoch}`, [enochKey, peterKey]).signedBy).toEqual([
    peterKey,
    enochKey,
  ])
})

test("with the same key the very note of Go's sumdb/note is signed", () => {
  const pkcs8 = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(peterSeed, 'base64').subarray(1),
  ])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  expect(signNote(text, [{ key: peterKey, privateKey }])).toBe(`${text}\n${byPeter}`)
})

test('the signed tree head that sum.golang.org published at 756,113 modules opens', () => {
  const key = parseVerifierKey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8')
  const head = 'go.sum database tree\n756113\nk9nFMBuXq8uk+9SQNxs/Vadri2XDkaoo96u4uMa0qE0=\n'
  const signature =
    'Az3grgIHxiDLRpsKUElIX5vJMlFS79SqfQDSgHQmON922lNdJ5zxF8SSPPcah3jhIkpG8LSKNaWXiy7IldOSDCt4Pwk='
  expect(openNote(`${head}\n— sum.golang.org ${signature}\n`, [key]).text).toBe(head)
})

test('signatures by keys that are not known are ignored, where one that is known signed', () => {
  expect(openNote(`${text}\n${byEnoch}${byPeter}`, [peterKey]).signedBy).toEqual([peterKey])
  expect(() => openNote(`${text}\n${byEnoch}`, [peterKey])).toThrow('signed by EnochRoot+af0cfe78')
  expect(() => openNote(`${text}\n${byEnoch}`, [])).toThrow('none of the keys')
})

test('a key that is known by another name, or whose name has another key, is not known', () => {
  const [one, other] = [createSigner('example.com/audit'), createSigner('example.com/audit')]
  const renamed = createVerifierKey('example.org/audit', one.key.publicKey)
  const note = signNote(text, [one])
  expect(() => openNote(note, [renamed, other.key])).toThrow('none of the keys')
})

test('during a change of keys either key opens what both signed', () => {
  const [old, next] = [createSigner('example.com/audit'), createSigner('example.com/audit')]
  const note = signNote(text, [old, next])
  for (const { key } of [old, next]) expect(openNote(note, [key]).signedBy).toEqual([key])
  expect(openNote(note, [next.key, old.key]).signedBy).toEqual([old.key, next.key])
})

test('a wrong signature by a known key spoils the note, though another known key signed it', () => {
  const [good, bad] = [createSigner('good.example'), createSigner('bad.example')]
  const forged = signNote(text, [good, { ...bad, privateKey: good.privateKey }])
  expect(() => openNote(forged, [good.key, bad.key])).toThrow('the signature by bad.example')
})

test('a note with any bit flipped does not open', () => {
  const note = Buffer.from(`${text}\n${byPeter}`)
  fc.assert(
    fc.property(fc.nat({ max: note.length * 8 - 1 }), (bit) => {
      const flipped = Buffer.from(note)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => openNote(flipped.toString(), [peterKey])).toThrow()
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['without a signature', text],
  ['with an empty line and no signature', `${text}\n`],
  ['cut off in its signature', `${text}\n${byPeter.slice(0, -1)}`],
  ['with a control character', `\u0001${text}\n${byPeter}`],
  ['with carriage returns', `${text}\n${byPeter}`.replaceAll('\n', '\r\n')],
  ['with a lone surrogate', `\ud800${text}\n${byPeter}`],
  ['signed by a name with a space', `${text}\n${byPeter.replace('PeterNeumann', 'Peter Neumann')}`],
  ['signed by a name with a plus', `${text}\n${byPeter}${byPeter.replace('PeterNeumann', 'Peter+Neumann')}`],
  ['with a line that is no signature', `${text}\n${byPeter}Unexpected line.\n`],
  ['with a hyphen for the dash', `${text}\n${byPeter.replace('—', '-')}`],
  ['with a signature that is not base64', `${text}\n${byPeter}— EnochRoot rwz+eBzm!\n`],
  ['with a signature that is a key id only', `${text}\n${byPeter}— EnochRoot rwz+eA==\n`],
  ['with more than 100 signatures', `${text}\n${byPeter.repeat(101)}`],
  ['that is too long', `${text.repeat(12_000)}\n${byPeter}`],
  ['that is empty', ''],
])('a note %s is refused as malformed', (_, note) => {
  expect(() => openNote(note, [peterKey])).toThrow(expect.objectContaining({ reason: 'malformed' }))
})

test('a text may have empty lines of its own', () => {
  const signer = createSigner('example.com')
  const poem = 'one\n\n\ntwo\n\n'
  expect(openNote(signNote(poem, [signer]), [signer.key]).text).toBe(poem)
})

test.each(['', 'no line feed at the end', 'tab\t\n', 'lone \udc00\n'])(
  'the text %j is not signed',
  (refused) => {
    expect(() => signNote(refused, [createSigner('example.com')])).toThrow(TypeError)
  },
)

test('a verifier key is written as it was read', () => {
  expect(formatVerifierKey(peterKey)).toBe(peter)
})

test('no part of a verifier key is one, nor is one with any character changed', () => {
  for (let from = 0; from < peter.length; from++) {
    for (let to = from + 1; to <= peter.length; to++) {
      if (to - from < peter.length) expect(() => parseVerifierKey(peter.slice(from, to))).toThrow(TypeError)
    }
    const changed =
      peter.slice(0, from) + String.fromCharCode(peter.charCodeAt(from) + 1) + peter.slice(from + 1)
    expect(() => parseVerifierKey(changed)).toThrow(TypeError)
  }
})

test.each([
  ['of another length', 'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=='],
  ['of another algorithm', 'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
])('a verifier key %s is refused', (_, key) => {
  expect(() => parseVerifierKey(key)).toThrow(TypeError)
})

test.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\nb'])('no key goes by the name %j', (name) => {
  expect(() => createVerifierKey(name, peterKey.publicKey)).toThrow(TypeError)
})

test('only an Ed25519 key becomes a verifier key', () => {
  const { publicKey } = generateKeyPairSync('x25519')
  expect(() => createVerifierKey('example.com', publicKey)).toThrow(TypeError)
})
