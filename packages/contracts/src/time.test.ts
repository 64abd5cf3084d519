import { expect, test } from 'vitest'
import { Timestamp, TimestampInput } from './time.ts'

test.each([
  ['2026-03-15T12:00:00Z', '2026-03-15T12:00:00.000Z'],
  ['2026-03-15T12:00:00.123456Z', '2026-03-15T12:00:00.123Z'],
  ['2026-03-15T00:30:00+02:00', '2026-03-14T22:30:00.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
])('%s is taken as %s', (input, utc) => {
  expect(TimestampInput.parse(input)).toBe(utc)
  expect(Timestamp.parse(utc)).toBe(utc)
})

test.each([
  ['a date alone', '2026-03-15'],
  ['no offset', '2026-03-15T12:00:00'],
  ['a day that is not', '2026-02-30T00:00:00Z'],
  ['29 February of a common year', '2026-02-29T00:00:00Z'],
  ['hour 24', '2026-03-15T24:00:00Z'],
  ['the year 0, which PostgreSQL does not know', '0000-01-01T00:00:00Z'],
  ['the year 0 by its offset', '0001-01-01T00:00:00+02:00'],
  ['the year 10000 by its offset', '9999-12-31T23:00:00-02:00'],
  ['milliseconds since 1970', 1_773_576_000_000],
  ['milliseconds as text', '1773576000000'],
  ['words', 'yesterday'],
  ['NUL', '2026-03-15T12:00:00Z\0'],
  ['an array', ['2026-03-15T12:00:00Z']],
])('refused, for one reason: %s', (_what, input) => {
  expect(TimestampInput.safeParse(input).error?.issues).toHaveLength(1)
})

test('answers are in UTC', () => {
  expect(Timestamp.safeParse('2026-03-15T00:30:00+02:00').success).toBe(false)
})
