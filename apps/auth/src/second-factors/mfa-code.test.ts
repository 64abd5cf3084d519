import { expect, test } from 'vitest'
import { newRecoveryCodes, readMfaCode } from './mfa-code.ts'

test.each([
  '123456',
  '123 456',
  ' 1 2 3 4 5 6 ',
  '123-456',
  '１２３４５６',
  '１２３　４５６',
  '123\u00a0456\u200b',
])('%j is typed for the code 123456', (typed) =>
  expect(readMfaCode(typed)).toEqual({ kind: 'totp', code: '123456' }),
)

test.each([
  '0ABC-DEFG-1HJK-MNPQ',
  '0abcdefg1hjkmnpq',
  'oabc defg ihjk mnpq',
  'OABC–DEFG—LHJK‑MNPQ',
  '０ＡＢＣ－ＤＥＦＧ－１ＨＪＫ－ＭＮＰＱ',
])('%j is typed for the recovery code 0ABC-DEFG-1HJK-MNPQ', (typed) =>
  expect(readMfaCode(typed)).toEqual({ kind: 'recovery', code: '0ABCDEFG1HJKMNPQ' }),
)

test('recovery codes come ten at a time, each of 80 random bits in four groups, no letter of which looks like a digit', () => {
  const codes = Array.from({ length: 50 }, newRecoveryCodes)
  for (const set of codes) expect(set.length).toBe(10)
  expect(new Set(codes.flat()).size).toBe(500)
  for (const code of codes.flat()) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
  for (let place = 0; place < 19; place += 5)
    expect(new Set(codes.flat().map((code) => code[place])).size).toBe(32)
})
