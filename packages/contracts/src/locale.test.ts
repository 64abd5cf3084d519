import { expect, test } from 'vitest'
import type * as z from 'zod'
import { Country, Currency, DateFormat, Locale, TimeZone } from './locale.ts'

const accepts = (schema: z.ZodType, input: unknown) => schema.safeParse(input).success

test.each([
  ['country', Country, 'de', 'DE'],
  ['country', Country, 'US', 'US'],
  ['currency', Currency, 'chf', 'CHF'],
  ['language', Locale, 'de-ch', 'de-CH'],
  ['language', Locale, 'ZH-hant-tw', 'zh-Hant-TW'],
  ['time zone', TimeZone, 'Europe/Zurich', 'Europe/Zurich'],
  ['time zone', TimeZone, 'Asia/Kolkata', 'Asia/Kolkata'],
  ['time zone', TimeZone, 'UTC', 'UTC'],
  ['date format', DateFormat, 'YYYY-MM-DD', 'YYYY-MM-DD'],
  ['date format', DateFormat, 'dd.MM.yy', 'dd.MM.yy'],
  ['date format', DateFormat, 'MMMM D, YYYY', 'MMMM D, YYYY'],
] as const)('the %s %#: %o is kept in its canonical form', (_what, schema, input, canonical) => {
  expect(schema.parse(input)).toBe(canonical)
})

test.each([
  ['country', Country, ['ZZ', 'UK', 'EU', 'DEU', 'D', '', 'ß', 49, ['DE']]],
  ['currency', Currency, ['ZZZ', 'EURO', 'EU', '€', '', 978]],
  ['language', Locale, ['xx', 'german', 'de_CH', 'de-', '', '*', 'de\0', 'a'.repeat(65_536), ['de']]],
  [
    'time zone',
    TimeZone,
    ['Mars/Olympus', '+02:00', '-01', '', 'Europe/', '../etc', 'UTC\0', 'a'.repeat(65_536)],
  ],
  [
    'date format',
    DateFormat,
    ['YYYY-MM', 'DD-DD-YYYY', 'YYYY', 'DDD.MM.YYYY', 'YYY-MM-DD', '', '<b>', 'D'.repeat(65_536)],
  ],
] as const)('no %s', (_what, schema, inputs) => {
  for (const input of inputs) expect([input, accepts(schema, input)]).toEqual([input, false])
})

test('the countries are those of ISO 3166-1, and Kosovo', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  expect(codes.filter((code) => accepts(Country, code))).toHaveLength(249 + 1)
})
