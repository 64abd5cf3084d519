import { describe, expect, test } from 'vitest'
import { line, Password, PersonName, paragraphs } from './text.ts'

describe('the name of a person', () => {
  test.each([
    'Ada',
    "D'Arcy O’Neil",
    'Иван',
    '明日香',
    'محمد',
    'नरेंद्र',
    '𞤀𞤣𞤢𞤥',
    'X Æ A-12',
    'Anne-Marie',
    'می‌خواهم',
  ])('%s may be in any script', (name) => {
    expect(PersonName.parse(name)).toBe(name)
  })

  test('is kept trimmed and composed, so that one name has one form', () => {
    expect(PersonName.parse('  Rene\u0301 ')).toBe('Ren\u00e9')
  })

  test('has at most 100 characters, however many units JavaScript needs for them', () => {
    expect(PersonName.safeParse('𞤀'.repeat(100)).success).toBe(true)
    expect(PersonName.safeParse('𞤀'.repeat(101)).success).toBe(false)
    expect(PersonName.safeParse('a'.repeat(101)).success).toBe(false)
  })

  test.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['zero-width spaces', '\u200b\u200b'],
    ['NUL', 'Ada\0'],
    ['a line break', 'Ada\nEve'],
    ['a terminal escape', 'Ada\u001b[31m'],
    ['a C1 control', 'Ada\u0085Eve'],
    ['a line separator', 'Ada\u2028Eve'],
    ['a lone high surrogate', 'Ada\ud800'],
    ['a lone low surrogate', '\udc00Ada'],
    ['an override of direction', 'Ada\u202eevE'],
    ['an isolate of direction', 'Ada\u2066evE'],
    ['a number', 5],
    ['an array', ['Ada']],
  ])('is not %s', (_what, input) => {
    expect(PersonName.safeParse(input).success).toBe(false)
  })
})

describe('text of several lines', () => {
  test('keeps its line breaks and tabs', () => {
    expect(paragraphs(20).parse('one\n\ttwo')).toBe('one\n\ttwo')
    expect(line(20).safeParse('one\n\ttwo').success).toBe(false)
  })

  test.each(['a\0b', 'a\u001bb', 'a\rb', 'a\ud800b', 'a\u202eb', ' \n ', 'x'.repeat(21)])(
    'is refused like a line for anything else: %j',
    (input) => {
      expect(paragraphs(20).safeParse(input).success).toBe(false)
    },
  )
})

describe('a password', () => {
  test.each([' spaces around ', 'Rene\u0301', 'a\0b', 'ＦＵＬＬ', '🔑'.repeat(256)])(
    'is taken as it was typed: %j',
    (text) => {
      expect(Password.parse(text)).toBe(text)
    },
  )

  test.each([
    ['empty', ''],
    ['over 1024 bytes', 'a'.repeat(1025)],
    ['over 1024 bytes in fewer characters', '🔑'.repeat(257)],
    ['ill-formed Unicode', 'a\ud800b'],
    ['a number', 12345678],
    ['an array', ['password']],
  ])('is refused when it is %s', (_what, input) => {
    expect(Password.safeParse(input).success).toBe(false)
  })
})
