import { createHmac, randomBytes } from 'node:crypto'
import type { Seal } from '@gatehouse/keys/seal'
import { readMfaCode } from './mfa-code.ts'

/** What the keys are sealed about that recovery codes are recognised by. */
export const aboutRecoveryCodes = (userId: string) => `recovery codes of ${userId}`

/**
 * The key of codes from before they had one: it follows from the key-encryption key, which was the only one then, and so is
 * the last of several.
 */
export const firstRecoveryKey = (seal: Seal, userId: string) =>
  asText(seal.digestKeys(aboutRecoveryCodes(userId)).at(-1) ?? new Uint8Array())

/** A key for a new set of codes, and how it is stored. */
export async function newRecoveryKey(seal: Seal, userId: string) {
  const key = randomBytes(32)
  return { key, sealedKey: await seal.seal(aboutRecoveryCodes(userId), asText(key)) }
}

/** The keys that a person's codes may go by; null stands for what codes had before they had a key. */
export async function openRecoveryKeys(seal: Seal, userId: string, sealedKeys: readonly (string | null)[]) {
  const opened = sealedKeys.map(async (sealedKey) =>
    sealedKey === null
      ? seal.digestKeys(aboutRecoveryCodes(userId))
      : [Buffer.from(await seal.unseal(aboutRecoveryCodes(userId), sealedKey), 'base64')],
  )
  return (await Promise.all(opened)).flat()
}

/** What is stored of a code (HMAC-SHA-256). */
export const digestOfRecoveryCode = (key: Uint8Array, code: string) =>
  createHmac('sha256', key).update(readMfaCode(code).code).digest()

const asText = (key: Uint8Array) => Buffer.from(key).toString('base64')
