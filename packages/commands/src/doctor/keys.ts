import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { createSeal } from '@gatehouse/keys/seal'
import { unsealKey } from '@gatehouse/keys/sealed-key'
import { kept } from '@gatehouse/keys/signing-keys'
import { bad, type Finding, good } from './finding.ts'

const advice =
  'Give KEY_ENCRYPTION_KEY the value under which the keys were sealed: another one opens nothing that is in the database.'

/** That the keys which sign tokens open with the key-encryption key, and that one of them signs. */
export async function checkSigningKey(db: Database, keyEncryptionKey: Uint8Array): Promise<Finding> {
  const keys = await readInPlatform(db, kept)
  const seal = createSeal(keyEncryptionKey)
  for (const key of keys) {
    const isOpen = await unsealKey({ seal, keyEncryptionKey }, key).then(
      () => true,
      () => false,
    )
    if (!isOpen) return bad(`The signing key ${key.kid} does not open.`, advice)
  }
  const signer = keys.find(({ isActive }) => isActive)
  if (!signer) return good('None yet: the service makes the first at its start.')
  return good(`${keys.length} open; ${signer.kid} signs since ${signer.activatesAt.toISOString()}.`)
}
