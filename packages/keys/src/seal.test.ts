import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSeal } from './seal.ts'

const keyEncryptionKey = randomBytes(32)
const { seal, unseal } = createSeal(keyEncryptionKey)

test('what is sealed opens again, and shows nothing of itself until then', async () => {
  const sealed = await seal('totp secret 1', 'JBSWY3DPEHPK3PXP')
  expect(sealed).not.toContain('JBSWY3DPEHPK3PXP')
  expect(await unseal('totp secret 1', sealed)).toBe('JBSWY3DPEHPK3PXP')
})

test.each([
  ['as the secret of somebody else', keyEncryptionKey, 'totp secret 2'],
  ['as another kind of secret', keyEncryptionKey, 'signing key 1'],
  ['under another key-encryption key', randomBytes(32), 'totp secret 1'],
])('what is sealed does not open %s', async (_, key, about) => {
  const sealed = await seal('totp secret 1', 'JBSWY3DPEHPK3PXP')
  await expect(createSeal(key).unseal(about, sealed)).rejects.toThrow('decryption operation failed')
})

test('a digest is the same for the same secret of the same owner, and for no other', () => {
  const { digest } = createSeal(keyEncryptionKey)
  const one = digest('recovery codes of 1', 'ABCD')
  expect(digest('recovery codes of 1', 'ABCD')).toEqual(one)
  const others = [
    digest('recovery codes of 2', 'ABCD'),
    digest('recovery codes of 1', 'ABCE'),
    createSeal(randomBytes(32)).digest('recovery codes of 1', 'ABCD'),
  ]
  for (const other of others) expect(other).not.toEqual(one)
})
