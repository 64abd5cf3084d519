import fc from 'fast-check'
import { canonicalize } from 'json-canonicalize'
import { expect, test } from 'vitest'
import { canonical } from './canonical.ts'

test('the example of RFC 8785, §3.2.2, is written as there', () => {
  const example = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`
  expect(canonical(JSON.parse(example))).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members are sorted as in RFC 8785, §3.2.3', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6']
  const value = Object.fromEntries(names.map((name) => [name, 0]))
  expect(Object.keys(JSON.parse(canonical(value)))).toHaveLength(7)
  expect(canonical(value)).toBe(
    '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}',
  )
})

test('any JSON is written as another implementation of RFC 8785 writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonical(value)).toBe(canonicalize(value))
    }),
  )
})

test('names that mean something to JavaScript are names like others', () => {
  const value = JSON.parse('{"toJSON":1,"b":2,"__proto__":{"10":1,"9":2},"a":3}')
  expect(canonical(value)).toBe('{"__proto__":{"10":1,"9":2},"a":3,"b":2,"toJSON":1}')
})

test('members that are undefined are left out', () => {
  expect(canonical({ b: undefined, a: 1 })).toBe('{"a":1}')
})

test.each([
  ['a lone surrogate', 'x\ud800'],
  ['a lone surrogate in a name', { '\udc00': 1 }],
  ['no number', Number.NaN],
  ['an infinite number', Number.POSITIVE_INFINITY],
  ['undefined', undefined],
  ['undefined in a list', [undefined]],
  ['a function', () => 1],
  ['a big integer', 1n],
])('%s has no canonical JSON', (_, value) => {
  expect(() => canonical(value)).toThrow(TypeError)
})
