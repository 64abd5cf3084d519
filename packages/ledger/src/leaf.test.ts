import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { canonicalize } from 'json-canonicalize'
import { expect, test } from 'vitest'
import { commitment, type Leaf, leafBytes, parseLeaf } from './leaf.ts'

const orNull = fc.option(fc.string({ unit: 'grapheme' }))
const text = fc.string({ unit: 'binary' })
const leaf: fc.Arbitrary<Leaf> = fc.record({
  tenantId: fc.uuid(),
  index: fc.maxSafeNat(),
  id: text,
  occurredAt: text,
  service: text,
  actorType: text,
  actorId: text,
  action: text,
  resource: text,
  resourceId: orNull,
  correlationId: orNull,
  originCommitment: orNull,
  detailsCommitment: orNull,
})

const someLeaf: Leaf = {
  tenantId: '0198c1a2-0000-7000-8000-000000000001',
  index: 7,
  id: '0198c1a2-0000-7000-8000-000000000002',
  occurredAt: '2026-11-25T08:00:00.000Z',
  service: 'directory',
  actorType: 'user',
  actorId: '0198c1a2-0000-7000-8000-000000000003',
  action: 'user.updated',
  resource: 'user',
  resourceId: '0198c1a2-0000-7000-8000-000000000004',
  correlationId: 'tour-0001',
  originCommitment: null,
  detailsCommitment: null,
}

test('a leaf is a version and the canonical JSON of its members', () => {
  fc.assert(
    fc.property(leaf, (some) => {
      const bytes = leafBytes(some)
      expect(bytes[0]).toBe(1)
      expect(bytes.toString('utf8', 1)).toBe(canonicalize(some))
    }),
  )
})

test('a leaf has these bytes for ever', () => {
  expect(leafBytes(someLeaf).toString('latin1')).toBe(
    '\x01{"action":"user.updated","actorId":"0198c1a2-0000-7000-8000-000000000003","actorType":"user",' +
      '"correlationId":"tour-0001","detailsCommitment":null,"id":"0198c1a2-0000-7000-8000-000000000002","index":7,' +
      '"occurredAt":"2026-11-25T08:00:00.000Z","originCommitment":null,"resource":"user",' +
      '"resourceId":"0198c1a2-0000-7000-8000-000000000004","service":"directory",' +
      '"tenantId":"0198c1a2-0000-7000-8000-000000000001"}',
  )
})

test('what is not of the leaf is not in its bytes', () => {
  expect(leafBytes({ ...someLeaf, ...{ email: 'ada@analytical.example' } })).toEqual(leafBytes(someLeaf))
})

test('text that looks like the escape of a surrogate is text like other', () => {
  const bytes = leafBytes({ ...someLeaf, action: 'user.\\ud800' })
  expect(bytes.toString('utf8', 1)).toBe(canonicalize({ ...someLeaf, action: 'user.\\ud800' }))
})

test('text that has no UTF-8 is in no leaf', () => {
  expect(() => leafBytes({ ...someLeaf, action: 'user.\ud800' })).toThrow(TypeError)
})

test('a leaf is read from its bytes, and from no others', () => {
  const bytes = leafBytes(someLeaf)
  expect(parseLeaf(bytes)).toEqual(someLeaf)
  const json = bytes.toString('utf8', 1)
  const others = [
    '',
    '{',
    'null',
    '7',
    json.replace(':', ': '),
    json.replace('{', '{"a":1,'),
    json.replace('user.', 'user.\\ud800'),
  ]
  for (const other of others)
    expect(() => parseLeaf(Buffer.from(`\x01${other}`))).toThrow('not the bytes of a leaf')
  expect(() => parseLeaf(Buffer.from(`\x02${json}`))).toThrow('not the bytes of a leaf')
})

test('a commitment is another for another salt, and for another text', () => {
  const salt = randomBytes(32)
  const origin = '{"sourceIp":"192.0.2.7","userAgent":"curl/8"}'
  expect(commitment(salt, origin)).toEqual(createHmac('sha256', salt).update(origin).digest('base64'))
  expect(commitment(randomBytes(32), origin)).not.toEqual(commitment(salt, origin))
  expect(commitment(salt, origin.replace('7', '8'))).not.toEqual(commitment(salt, origin))
})
