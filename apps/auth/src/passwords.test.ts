import { randomBytes } from 'node:crypto'
import bcrypt from 'bcrypt'
import { expect, test, vi } from 'vitest'
import { createPasswords } from './passwords.ts'

const pepper = randomBytes(32)
const passwords = await createPasswords({ pepper, cost: 10 })

test('a password matches itself and nothing else', async () => {
  const stored = await passwords.hash('correct horse battery staple')
  expect(stored).toEqual({
    passwordHash: expect.stringMatching(/^\$2b\$10\$/),
    pepperId: expect.stringMatching(/^[0-9a-f]{8}$/),
  })
  expect(await passwords.matches('correct horse battery staple', stored)).toBe(true)
  expect(await passwords.matches('correct horse battery stapl', stored)).toBe(false)
})

test.each([
  ['past the 72 bytes that bcrypt reads', `${'a'.repeat(72)}R`, `${'a'.repeat(72)}W`],
  ['behind a NUL', 'abc\u0000x', 'abc\u0000y'],
  ['in the composition of an é', 'caf\u00e9', 'cafe\u0301'],
  ['in the width of a letter', 'secret', 'ｓecret'],
  ['in a space at the end', 'secret', 'secret '],
])('two passwords that differ only %s are two passwords', async (_, one, other) => {
  expect(await passwords.matches(other, await passwords.hash(one))).toBe(false)
})

test('a stolen database is worth nothing without the pepper', async () => {
  const elsewhere = await createPasswords({ pepper: randomBytes(32), cost: 10 })
  const stored = await passwords.hash('a password')
  expect(await elsewhere.matches('a password', stored)).toBe(false)
  expect(await elsewhere.matches('a password', { ...stored, pepperId: null })).toBe(false)
})

test('where nothing is stored, nothing matches', async () => {
  expect(await passwords.matches('anything', undefined)).toBe(false)
})

test('a new pepper or cost leaves the passwords of before good, and says which are to be hashed anew', async () => {
  const old = await passwords.hash('a password')
  const fromBeforePepperIds = { ...old, pepperId: null }
  const rotated = await createPasswords({ pepper: randomBytes(32), previousPepper: pepper, cost: 10 })
  const dearer = await createPasswords({ pepper, cost: 11 })
  for (const stored of [old, fromBeforePepperIds]) {
    expect(await passwords.matches('a password', stored)).toBe(true)
    expect(await rotated.matches('a password', stored)).toBe(true)
    expect(await rotated.matches('another one', stored)).toBe(false)
  }
  expect([passwords, rotated, dearer].map((any) => any.isCurrent(old))).toEqual([true, false, false])
  expect(rotated.isCurrent(await rotated.hash('a password'))).toBe(true)
})

test('as many are hashed at once as there are threads, so many wait as are soon served, and the rest is told to come back', async () => {
  const bounded = await createPasswords({ pepper, cost: 10, threads: 1 })
  const stored = await bounded.hash('a password')
  const asked = 400
  const answers = await Promise.allSettled(
    Array.from({ length: asked }, () => bounded.matches('a password', stored)),
  )
  const refused = answers.filter((answer) => answer.status === 'rejected')
  expect(refused.length).toBeGreaterThan(asked / 2)
  expect(refused.length).toBeLessThan(asked)
  for (const { reason } of refused)
    expect(reason).toMatchObject({ status: 503, code: 'auth.busy', headers: { 'retry-after': '2' } })
  expect(await bounded.matches('a password', stored)).toBe(true)
  expect(bounded.use()).toEqual({
    running: 0,
    waiting: 0,
    begun: 2 + asked - refused.length,
    refused: refused.length,
    waitedSeconds: expect.any(Number),
  })
  expect(bounded.use().waitedSeconds).toBeGreaterThan(0)
})

test('nothing is hashed for somebody who has gone while they waited', async () => {
  const bounded = await createPasswords({ pepper, cost: 10, threads: 1 })
  const stored = await bounded.hash('a password')
  const gone = new AbortController()
  const first = bounded.matches('a password', stored)
  const second = bounded.matches('a password', stored, gone.signal)
  const third = bounded.matches('a password', stored)
  gone.abort(new Error('gone'))
  await expect(second).rejects.toThrow('gone')
  expect(await Promise.all([first, third])).toEqual([true, true])
  await expect(bounded.matches('a password', stored, gone.signal)).rejects.toThrow('gone')
})

test('a password that cannot be right costs one hash at the present cost, as one does that may be', async () => {
  const dearer = await createPasswords({ pepper, cost: 11 })
  const unknownPepper = { ...(await dearer.hash('a password')), pepperId: '00000000' }
  const compare = vi.spyOn(bcrypt, 'compare')
  for (const stored of [undefined, unknownPepper, await dearer.hash('a password')]) {
    compare.mockClear()
    expect(await dearer.matches('another one', stored)).toBe(false)
    expect(compare.mock.calls.map(([, hash]) => bcrypt.getRounds(hash))).toEqual([11])
  }
  expect(await dearer.matches('a password', unknownPepper)).toBe(false)
})
