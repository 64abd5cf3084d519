import { randomBytes } from 'node:crypto'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import * as accounts from './repository.ts'
import { liveSecrets, secretDigest } from './secret.ts'

/**
 * Makes another secret for a service account, which lets it in beside the newest before it.
 * @returns the secret, of which the digest alone is kept
 * @throws if there is no account of that name
 */
export async function renewSecret(db: Database, name: string): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  await inPlatform(db, async (tx) => {
    if (!(await accounts.byName(tx, name)))
      throw new Error(`There is no service account ${JSON.stringify(name)}.`)
    await accounts.addSecret(tx, name, secretDigest(secret), liveSecrets)
  })
  return secret
}
