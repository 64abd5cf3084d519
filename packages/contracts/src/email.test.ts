import { expect, test } from 'vitest'
import { Email } from './email.ts'

test.each([
  ['ada@example.com', 'ada@example.com'],
  ['Ada.Lovelace+math@Example.COM', 'ada.lovelace+math@example.com'],
  ["o'hara@mail.example", "o'hara@mail.example"],
  ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
  [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
])('%s is one address, in lower case', (input, canonical) => {
  expect(Email.parse(input)).toBe(canonical)
})

test.each([
  ['space before', ' ada@example.com'],
  ['space after', 'ada@example.com '],
  ['line break', 'ada@example.com\r\nbcc: eve@example.com'],
  ['line break at the end', 'ada@example.com\n'],
  ['NUL', 'ada\0@example.com'],
  ['full-width letter', 'ａda@example.com'],
  ['full-width at sign', 'ada＠example.com'],
  ['look-alike letter (Cyrillic)', 'аda@example.com'],
  ['decomposed letter', 'e\u0301va@example.com'],
  ['Kelvin sign that folds to k', '\u212aate@example.com'],
  ['small at sign that NFKC turns into a second @', 'ada\ufe6beve@example.com'],
  ['two at signs', 'ada@eve@example.com'],
  ['no at sign', 'ada.example.com'],
  ['quoted local part', '"ada"@example.com'],
  ['quoted local part with an at sign', '"ada@eve"@example.com'],
  ['comma', 'ada,eve@example.com'],
  ['comment', 'ada(eve)@example.com'],
  ['display name', 'Ada <ada@example.com>'],
  ['dot at the start', '.ada@example.com'],
  ['dot at the end', 'ada.@example.com'],
  ['two dots', 'ada..l@example.com'],
  ['address literal', 'ada@[127.0.0.1]'],
  ['bare address', 'ada@127.0.0.1'],
  ['one label', 'ada@localhost'],
  ['international domain unencoded', 'ada@bücher.example'],
  ['label that starts with a hyphen', 'ada@-example.com'],
  ['label that ends with a hyphen', 'ada@example-.com'],
  ['label over 63 characters', `ada@${'a'.repeat(64)}.com`],
  ['local part over 64 characters', `${'a'.repeat(65)}@example.com`],
  ['over 254 bytes', `a@${'abcdefg.'.repeat(32)}com`],
  ['array', ['ada@example.com']],
  ['object', { $gt: '' }],
])('no address: %s', (_what, input) => {
  expect(Email.safeParse(input).success).toBe(false)
})

test.each(['a'.repeat(65_536), 'a.'.repeat(32_768), `a@${'a.'.repeat(32_768)}`, `a@${'a-'.repeat(32_768)}`])(
  'text that never ends as an address is refused in linear time',
  (input) => {
    expect(Email.safeParse(input).success).toBe(false)
  },
)
