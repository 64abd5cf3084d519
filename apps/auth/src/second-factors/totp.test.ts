import { Secret } from 'otpauth'
import { expect, test } from 'vitest'
import { describeTotp, newTotpSecret, stepOfCode } from './totp.ts'

const secret = Secret.fromUTF8('12345678901234567890').base32

test.each([
  [59, '287082', 1],
  [1111111109, '081804', 37037036],
  [1111111111, '050471', 37037037],
  [1234567890, '005924', 41152263],
  [2000000000, '279037', 66666666],
])('at second %i the code is the one of RFC 6238, appendix B', (second, code, step) => {
  expect(stepOfCode(secret, code, second * 1000)).toBe(step)
})

test('a code is good in its time step, the one before and the one after, and in no other', () => {
  const startOfStep = 41152263 * 30_000
  const at = (steps: number, milliseconds = 0) =>
    stepOfCode(secret, '005924', startOfStep + steps * 30_000 + milliseconds)
  expect([at(-1), at(0), at(1), at(1, 29_999)]).toEqual(Array.from({ length: 4 }, () => 41152263))
  expect([at(-1, -1), at(2)]).toEqual([undefined, undefined])
})

test.each(['', '00592', '0059245', 'abcdef', '-05924'])('%j is no code', (code) => {
  expect(stepOfCode(secret, code, 1234567890_000)).toBeUndefined()
})

test('every secret is another one, of 160 bits', () => {
  const secrets = Array.from({ length: 20 }, newTotpSecret)
  expect(new Set(secrets).size).toBe(20)
  for (const each of secrets) expect(Secret.fromBase32(each).bytes.length).toBe(20)
})

test('an authenticator app is told the secret, whose it is and of what', async () => {
  const { uri, qrCode } = await describeTotp(secret, {
    issuer: 'Müller: Söhne & Co',
    account: 'ada@a.example',
  })
  const { protocol, host, pathname, searchParams } = new URL(uri)
  expect([protocol, host]).toEqual(['otpauth:', 'totp'])
  expect(decodeURIComponent(pathname)).toBe('/Müller  Söhne & Co:ada@a.example')
  expect(Object.fromEntries(searchParams)).toEqual({
    issuer: 'Müller  Söhne & Co',
    secret,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
  const [, svg = ''] = /^data:image\/svg\+xml;base64,(.+)$/.exec(qrCode) ?? []
  expect(Buffer.from(svg, 'base64').toString()).toMatch(/^<svg .*<\/svg>\s*$/s)
})
