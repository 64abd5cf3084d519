import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'

const passwords = await createPasswords(randomBytes(32), 10)

test('a password matches itself and nothing else', async () => {
  const stored = await passwords.hash('correct horse battery staple')
  expect(stored).toMatch(/^\$2b\$10\$/)
  expect(await passwords.matches('correct horse battery staple', stored)).toBe(true)
  expect(await passwords.matches('correct horse battery stapl', stored)).toBe(false)
})

test.each([
  ['past the 72 bytes that bcrypt reads', `${'a'.repeat(72)}R`, `${'a'.repeat(72)}W`],
  ['behind a NUL', 'abc\u0000x', 'abc\u0000y'],
  ['in the composition of an é', 'caf\u00e9', 'cafe\u0301'],
])('two passwords that differ only %s are two passwords', async (_, one, other) => {
  expect(await passwords.matches(other, await passwords.hash(one))).toBe(false)
})

test('a stolen database is worth nothing without the pepper', async () => {
  const elsewhere = await createPasswords(randomBytes(32), 10)
  expect(await elsewhere.matches('a password', await passwords.hash('a password'))).toBe(false)
})

test('where nothing is stored, nothing matches', async () => {
  expect(await passwords.matches('anything', undefined)).toBe(false)
})
