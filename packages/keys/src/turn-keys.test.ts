import { randomBytes } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { days, harness } from './harness.ts'
import { publishedKeys } from './published-keys.ts'
import { createSeal } from './seal.ts'
import { unsealKey } from './sealed-key.ts'
import { kept, signingKeys } from './signing-keys.ts'
import { hastenRotation, keptSeconds, publishedAheadSeconds, turnKeys } from './turn-keys.ts'

const kids = async (db: Parameters<typeof publishedKeys>[0]) =>
  (await publishedKeys(db)).map(({ kid }) => kid)

test('replicas that start at once agree on one key to sign with, and on the next', async () => {
  const { db, deps } = await harness()
  const signers = await Promise.all(Array.from({ length: 12 }, () => turnKeys(deps)))
  expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1)
  expect(await kids(db)).toHaveLength(2)
})

test('a private key is in the database only sealed, and opens with no other key-encryption key', async () => {
  const { db, deps } = await harness()
  const signer = await turnKeys(deps)
  const { d } = await unsealKey(deps.seal, signer)
  expect(d).toMatch(/^[\w-]{43}$/)
  expect(JSON.stringify(await readInPlatform(db, kept))).not.toContain(d)
  await expect(unsealKey(createSeal(randomBytes(32)), signer)).rejects.toThrow('which is not given')
})

test('a key is published at least twice as long as verifiers keep a key set, signs for its time, is kept until its last token has ended, and is gone', async () => {
  const { db, deps, pass } = await harness()
  const first = await turnKeys(deps)
  const [next] = await kids(db)
  expect(publishedAheadSeconds).toBeGreaterThanOrEqual(2 * 300)
  expect(keptSeconds).toBeGreaterThan(600 + 30)

  await pass(30 * days - 60)
  expect((await turnKeys(deps)).kid).toBe(first.kid)
  await pass(120)
  expect((await turnKeys(deps)).kid).toBe(next)
  expect(await kids(db)).toEqual([expect.any(String), next, first.kid])
  await pass(keptSeconds - 60)
  await turnKeys(deps)
  expect(await kids(db)).toContain(first.kid)
  await pass(120)
  expect(await kids(db)).toEqual([expect.any(String), next])
})

test('a key that has gone is deleted, private half and all, when the next one takes over', async () => {
  const { db, deps, pass } = await harness()
  const first = await turnKeys(deps)
  for (let turn = 0; turn < 2; turn += 1) {
    await pass(31 * days)
    await turnKeys(deps)
  }
  const stored = await readInPlatform(db, (tx) => tx.select().from(signingKeys))
  expect(stored.map(({ kid }) => kid)).not.toContain(first.kid)
})

test('at somebody’s command the next key takes over at once where every verifier can know it, and else as soon as they do', async () => {
  const { db, deps, pass } = await harness()
  const first = await turnKeys(deps)
  const young = await hastenRotation(deps)
  expect((await turnKeys(deps)).kid).toBe(first.kid)
  expect(young.activatesAt.getTime() - Date.now()).toBeGreaterThan(2 * 300 * 1_000)

  await pass(publishedAheadSeconds + 1)
  expect((await turnKeys(deps)).kid).toBe(young.kid)
  await pass(publishedAheadSeconds + 1)
  const at = await hastenRotation(deps)
  expect((await turnKeys(deps)).kid).toBe(at.kid)
  expect(await kids(db)).toHaveLength(3)
})

test('replicas that turn at once make one new key, each key is told of once with when it signs, and a turn with nothing to do makes none', async () => {
  const told: { kid: string; activatesAt: Date }[] = []
  const { db, deps, pass } = await harness(async (_tx, key) => void told.push(key))
  await turnKeys(deps)
  await pass(31 * days)
  await Promise.all(Array.from({ length: 6 }, () => turnKeys(deps)))
  const made = await kids(db)
  expect(made).toHaveLength(3)
  await turnKeys(deps)
  expect(told.map(({ kid }) => kid).sort()).toEqual(made.toSorted())
  expect(told.at(-1)?.activatesAt.getTime()).toBeGreaterThan(Date.now() + 29 * days * 1_000)
})
