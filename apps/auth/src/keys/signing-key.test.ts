import { randomBytes } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { createTestDatabase } from '@gatehouse/testing/database'
import { expect, test } from 'vitest'
import { harness, keyEncryptionKey } from '../harness.ts'
import { all } from './repository.ts'
import { signingKey } from './signing-key.ts'

test('replicas that start at once agree on one key', async () => {
  const { db } = await createTestDatabase('auth')
  const keys = await Promise.all(Array.from({ length: 4 }, () => signingKey(db, keyEncryptionKey)))
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1)
})

test('the private key is in the database only sealed, and opens with no other key-encryption key', async () => {
  const { db } = await createTestDatabase('auth')
  const { privateJwk } = await signingKey(db, keyEncryptionKey)
  expect(privateJwk.d).toMatch(/^[\w-]{43}$/)
  expect(JSON.stringify(await readInPlatform(db, all))).not.toContain(privateJwk.d)
  await expect(signingKey(db, randomBytes(32))).rejects.toThrow('decryption operation failed')
})

test('what is published verifies tokens and signs none', async () => {
  const { app, issuer } = await harness()
  const { keys } = (await app.inject('/api/.well-known/jwks.json')).json()
  expect(keys).toEqual([
    {
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: expect.any(String),
      x: expect.any(String),
      y: expect.any(String),
    },
  ])
  expect(issuer.hasKey()).toBe(true)
})
