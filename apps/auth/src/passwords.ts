import { createHmac, randomBytes } from 'node:crypto'
import bcrypt from 'bcrypt'

/** Makes and checks the stored form of passwords. */
export interface Passwords {
  /** The stored form: bcrypt, salted, at the cost in force. */
  hash(password: string): Promise<string>
  /** Whether the password is the one; where there is no stored form it takes as long and is false. */
  matches(password: string, stored: string | undefined): Promise<boolean>
}

/**
 * bcrypt over HMAC-SHA-256 under a pepper that the database doesn't know: bcrypt reads at most 72 bytes and stops
 * at a NUL, and 44 characters of base64 have neither trouble.
 * @param pepper 32 bytes
 * @param cost log2 of bcrypt's rounds
 */
export async function createPasswords(pepper: Uint8Array, cost: number): Promise<Passwords> {
  const prehash = (password: string) => createHmac('sha256', pepper).update(password, 'utf8').digest('base64')
  const decoy = await bcrypt.hash(randomBytes(32).toString('base64'), cost)
  return {
    hash: (password) => bcrypt.hash(prehash(password), cost),
    matches: async (password, stored) =>
      (await bcrypt.compare(prehash(password), stored ?? decoy)) && stored !== undefined,
  }
}
