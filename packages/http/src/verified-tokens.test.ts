import { expect, test } from 'vitest'
import { rememberTokens, type Verified } from './verified-tokens.ts'

const verified = (id: string, expiresAt: number): Verified => ({
  principal: { kind: 'user', id, tenantId: 'tenant', sessionId: undefined, permissions: new Set() },
  issuedAt: 0,
  expiresAt,
  token: id,
})
const later = Date.now() + 600_000

test('tokens that differ in one character, anywhere, have nothing in common', () => {
  const tokens = rememberTokens(10)
  tokens.remember('Bearer aaaa.bbbb.cccc', verified('ada', later))
  expect(tokens.find('Bearer aaaa.bbbb.cccc')?.principal.id).toBe('ada')
  for (const other of [
    'Bearer aaaa.bbbb.cccd',
    'Bearer xaaa.bbbb.cccc',
    'Bearer aaaa.bbbx.cccc',
    'bearer aaaa.bbbb.cccc',
  ]) {
    expect(tokens.find(other)).toBeUndefined()
  }
})

test('however many there are, only so many are kept, the newest', () => {
  const tokens = rememberTokens(3)
  for (let n = 0; n < 1_000; n++) tokens.remember(`Bearer ${n}`, verified(String(n), later))
  expect([996, 997, 998, 999].map((n) => tokens.find(`Bearer ${n}`)?.principal.id)).toEqual([
    undefined,
    '997',
    '998',
    '999',
  ])
})

test('what has expired does not take up room', () => {
  const tokens = rememberTokens(100)
  tokens.remember('Bearer old', verified('old', Date.now() - 1))
  tokens.remember('Bearer new', verified('new', later))
  expect(tokens.find('Bearer old')).toBeUndefined()
  expect(tokens.find('Bearer new')).toBeDefined()
})

test('all can be forgotten at once', () => {
  const tokens = rememberTokens(100)
  tokens.remember('Bearer a', verified('a', later))
  tokens.forgetAll()
  expect(tokens.find('Bearer a')).toBeUndefined()
})
