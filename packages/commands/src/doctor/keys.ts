import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { keysInUse, withoutId } from '@gatehouse/keys/keys-in-use'
import { createSeal, type KeyEncryptionKeys } from '@gatehouse/keys/seal'
import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { unsealKey } from '@gatehouse/keys/sealed-key'
import { kept } from '@gatehouse/keys/signing-keys'
import { bad, type Finding, good } from './finding.ts'

const advice =
  'Give KEY_ENCRYPTION_KEY the value under which the keys were sealed: another one opens nothing that is in the database.'

/** That the keys which sign tokens open with the key-encryption keys, and that one of them signs. */
export async function checkSigningKey(db: Database, keyEncryptionKeys: KeyEncryptionKeys): Promise<Finding> {
  const keys = await readInPlatform(db, kept)
  const seal = createSeal(...keyEncryptionKeys)
  for (const key of keys) {
    const isOpen = await unsealKey(seal, key).then(
      () => true,
      () => false,
    )
    if (!isOpen) return bad(`The signing key ${key.kid} does not open.`, advice)
  }
  const signer = keys.find(({ isActive }) => isActive)
  if (!signer) return good('None yet: the service makes the first at its start.')
  return good(`${keys.length} open; ${signer.kid} signs since ${signer.activatesAt.toISOString()}.`)
}

/** Which key-encryption keys have sealed what there is, that each of them is given, and which may be dropped. */
export async function checkEncryptionKeys(
  db: Database,
  keyEncryptionKeys: KeyEncryptionKeys,
  columns: readonly SealedColumn[],
): Promise<Finding> {
  const { keyIds } = createSeal(...keyEncryptionKeys)
  const [first, ...others] = keyIds
  const counts = await keysInUse(db, columns)
  const inUse =
    Array.from(counts, ([id, count]) => `${id} has sealed ${count}`).join(', ') || 'none is in use'
  const lost = [...counts.keys()].filter((id) => id !== withoutId && !keyIds.includes(id))
  if (lost.length > 0) {
    const words = `Not given: ${lost.join(', ')}; ${inUse}.`
    return bad(words, 'Add those keys to KEY_ENCRYPTION_KEY again, behind the first.')
  }
  if (others.length === 0) return good(`${first} seals; ${inUse}.`)
  const needed = [...counts.keys()].some((id) => id !== first)
  if (needed) {
    return bad(
      `${first} seals, and others are needed: ${inUse}.`,
      'Once every instance has that key first, run "gatehouse rotate encryption-key".',
    )
  }
  return good(
    `${first} seals; ${inUse}. Needed no more: ${others.join(', ')}; drop what is behind the first.`,
  )
}
