import { hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

/** To whom a mail is, and what it says. */
export interface Content {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What waits in the queue: a mail, or what one is to be made of when its turn comes. */
export type Sealed = { readonly content: Content } | { readonly request: unknown }

/** Seals what nobody may read in the database (JWE, A256GCM), under a key of its own: it opens in its own row alone. */
export function seal(key: Uint8Array, id: string, open: Sealed): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(open)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(keyOf(key, id))
}

/** @throws if it was sealed under another key or for another row, or was tampered with */
export async function unseal(key: Uint8Array, id: string, sealed: string): Promise<Sealed> {
  const { plaintext } = await compactDecrypt(sealed, keyOf(key, id), {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  })
  return JSON.parse(new TextDecoder().decode(plaintext))
}

const keyOf = (key: Uint8Array, id: string) =>
  new Uint8Array(hkdfSync('sha256', key, '', `gatehouse mail ${id}`, 32))
