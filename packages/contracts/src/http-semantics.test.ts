import { expect, test } from 'vitest'
import { Idempotent } from './http-semantics.ts'

test('a request keeps its other headers', () => {
  const headers = { authorization: 'Bearer x', 'idempotency-key': '8e03978e-40d5-43dd-bc93-6894a57f9324' }
  expect(Idempotent.parse(headers)).toEqual(headers)
  expect(Idempotent.parse({ accept: '*/*' })).toEqual({ accept: '*/*' })
})

test.each(['', 'two words', 'é', 'a\0', 'a\n', 'a'.repeat(256)])('%j is no Idempotency-Key', (key) => {
  expect(Idempotent.safeParse({ 'idempotency-key': key }).success).toBe(false)
})
