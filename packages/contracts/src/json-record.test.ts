import { expect, test } from 'vitest'
import { JsonRecordInput } from './json-record.ts'

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })

test('a record is kept as it was sent, five levels deep', () => {
  const record = { list: [1, 'zwei', null, true], deep: nested(4) }
  expect(JsonRecordInput.parse(record)).toEqual(record)
})

test.each([
  ['six levels of objects', nested(6)],
  ['six levels with arrays', { a: [[[[[1]]]]] }],
  ['ever so many levels', JSON.parse(`${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`)],
  ['over 16 KiB', { a: 'x'.repeat(16_384) }],
  ['over 16 KiB in fewer characters', { a: 'é'.repeat(8_192) }],
  ['an own __proto__', JSON.parse('{"__proto__":{"admin":true}}')],
  ['an own __proto__ within', JSON.parse('{"a":[{"__proto__":{"admin":true}}]}')],
  ['constructor', { constructor: { prototype: { admin: true } } }],
  ['prototype', { a: { prototype: {} } }],
  ['NUL in a value', { a: 'x\0' }],
  ['NUL in a key', { 'a\0': 1 }],
  ['a lone surrogate in a value', { a: ['\ud800'] }],
  ['a lone surrogate in a key', { '\udc00': 1 }],
  ['a number that JSON cannot hold', { a: Number.POSITIVE_INFINITY }],
  ['an array', [1]],
  ['a string', 'a'],
  ['null', null],
])('refused: %s', (_what, input) => {
  expect(JsonRecordInput.safeParse(input).success).toBe(false)
})

test('what was refused has changed no prototype', () => {
  JsonRecordInput.safeParse(
    JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'),
  )
  expect({}).not.toHaveProperty('admin')
})

test('16 KiB fit to the byte', () => {
  const overhead = JSON.stringify({ a: '' }).length
  expect(JsonRecordInput.safeParse({ a: 'x'.repeat(16_384 - overhead) }).success).toBe(true)
  expect(JsonRecordInput.safeParse({ a: 'x'.repeat(16_385 - overhead) }).success).toBe(false)
})
