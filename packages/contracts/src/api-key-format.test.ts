import { randomBytes, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { apiKeyId, formatApiKey, publicPartOf } from './api-key-format.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const secret = randomBytes(32)

test('a key tells its id, and nothing of its secret is in its public part', () => {
  const key = formatApiKey(id, secret)
  expect(key).toMatch(/^gate_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
  expect(apiKeyId(key)).toBe(id)
  expect(key.startsWith(`${publicPartOf(id)}_`)).toBe(true)
  expect(publicPartOf(id)).toBe(publicPartOf(id.toUpperCase()))
})

test.each([Buffer.alloc(32, 0), Buffer.alloc(32, 0xff), Buffer.of(...Buffer.alloc(31), 1)])(
  'no two ids or secrets are written alike, the smallest and the largest included',
  (bytes) => {
    for (const id of [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      randomUUID(),
    ]) {
      expect(apiKeyId(formatApiKey(id, bytes))).toBe(id)
    }
    expect(formatApiKey(id, bytes)).not.toBe(formatApiKey(id, secret))
    expect(formatApiKey(id, bytes)).toHaveLength(formatApiKey(id, secret).length)
  },
)

test('the checksum is CRC-32 as everybody has it, of all that comes before it', () => {
  const key = formatApiKey(id, secret)
  const [, body = '', checksum = ''] = /^(.*)_(.*)$/.exec(key) ?? []
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  expect([...checksum].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)).toBe(crc32(body))
})

test('any single character that is mistyped, missing or swapped is noticed', () => {
  const key = formatApiKey(id, secret)
  for (let at = 0; at < key.length; at++) {
    const [before, after] = [key.slice(0, at), key.slice(at + 1)]
    const other = key[at] === 'x' ? 'y' : 'x'
    expect(apiKeyId(`${before}${other}${after}`), `another at ${at}`).toBeUndefined()
    expect(apiKeyId(`${before}${after}`), `none at ${at}`).toBeUndefined()
    const swapped = `${before}${after[0] ?? ''}${key[at]}${after.slice(1)}`
    if (swapped !== key) expect(apiKeyId(swapped), `swapped at ${at}`).toBeUndefined()
  }
})

test.each([
  '',
  'gate_live_',
  'gate_rt_x',
  'x'.repeat(10_000),
  `gate_live_${'z'.repeat(22)}_${'0'.repeat(43)}_000000`,
])('"%.40s" is no key', (text) => expect(apiKeyId(text)).toBeUndefined())

test('an id that is larger than a UUID is none, whatever its checksum', () => {
  const body = `gate_live_${'z'.repeat(22)}_${'0'.repeat(43)}`
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let checksum = ''
  for (let rest = crc32(body); checksum.length < 6; rest = Math.floor(rest / 62))
    checksum = `${digits[rest % 62]}${checksum}`
  expect(apiKeyId(`${body}_${checksum}`)).toBeUndefined()
})
