import { createHmac, hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

/** Keeps secrets for the database: sealed (JWE, A256GCM) or as digests, each under a key of its own (HKDF-SHA-256). */
export interface Seal {
  /** @param about what the secret is and whose, e.g. `totp secret <id>`: it opens as nothing else */
  seal(about: string, secret: string): Promise<string>
  /** @throws if it was sealed about something else, under another key-encryption key, or was tampered with */
  unseal(about: string, sealed: string): Promise<string>
  /** 32 bytes that a secret is recognised by, for who has the key-encryption key (HMAC-SHA-256). */
  digest(about: string, secret: string): Buffer
}

/** @param keyEncryptionKey 32 bytes */
export function createSeal(keyEncryptionKey: Uint8Array): Seal {
  const keyOf = (use: 'seal' | 'digest', about: string) =>
    new Uint8Array(hkdfSync('sha256', keyEncryptionKey, '', `${use}: ${about}`, 32))
  return {
    seal: (about, secret) =>
      new CompactEncrypt(new TextEncoder().encode(secret))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keyOf('seal', about)),
    async unseal(about, sealed) {
      const { plaintext } = await compactDecrypt(sealed, keyOf('seal', about), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      return new TextDecoder().decode(plaintext)
    },
    digest: (about, secret) => createHmac('sha256', keyOf('digest', about)).update(secret).digest(),
  }
}
