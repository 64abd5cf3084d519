import { hkdfSync, randomBytes } from 'node:crypto'
import { CompactEncrypt } from 'jose'
import { expect, test } from 'vitest'
import { createSeal, keyIdIn, keyIdOf } from './seal.ts'

const [newest, older] = [randomBytes(32), randomBytes(32)]
const before = createSeal(older)
const { seal, unseal, prefix } = createSeal(newest, older)

test('what is sealed opens again, and shows nothing of itself until then', async () => {
  const sealed = await seal('totp secret 1', 'JBSWY3DPEHPK3PXP')
  expect(sealed).not.toContain('JBSWY3DPEHPK3PXP')
  expect(await unseal('totp secret 1', sealed)).toBe('JBSWY3DPEHPK3PXP')
})

test.each([
  ['as the secret of somebody else', newest, 'totp secret 2', 'decryption operation failed'],
  ['as another kind of secret', newest, 'signing key 1', 'decryption operation failed'],
  ['by another key-encryption key', randomBytes(32), 'totp secret 1', 'which is not given'],
])('what is sealed does not open %s', async (_, key, about, reason) => {
  const sealed = await seal('totp secret 1', 'JBSWY3DPEHPK3PXP')
  await expect(createSeal(key).unseal(about, sealed)).rejects.toThrow(reason)
})

test('of several keys the first one seals, which its id tells, and each of them opens', async () => {
  const [old, fresh] = await Promise.all([before.seal('it', 'old'), seal('it', 'fresh')])
  expect([old, fresh].map(keyIdIn)).toEqual([older, newest].map(keyIdOf))
  expect([old, fresh].map((sealed) => sealed.startsWith(prefix))).toEqual([false, true])
  expect(await Promise.all([unseal('it', old), unseal('it', fresh)])).toEqual(['old', 'fresh'])
  expect(await createSeal(older, newest).unseal('it', fresh)).toBe('fresh')
})

test('what was sealed before keys had ids opens by whichever it was, and by no other', async () => {
  const key = new Uint8Array(hkdfSync('sha256', older, '', 'seal: it', 32))
  const sealed = await new CompactEncrypt(Buffer.from('old'))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(key)
  expect(await unseal('it', sealed)).toBe('old')
  await expect(createSeal(newest).unseal('it', sealed)).rejects.toThrow('decryption operation failed')
})

test('the id of a key, which everybody may read, is another for each key, and not part of it', () => {
  expect(keyIdOf(newest)).not.toBe(keyIdOf(older))
  expect(newest.toString('hex')).not.toContain(keyIdOf(newest))
})
