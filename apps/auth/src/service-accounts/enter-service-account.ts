import type { Permission } from '@gatehouse/contracts/permissions'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import * as accounts from './repository.ts'
import { liveSecrets, secretDigest } from './secret.ts'

/**
 * Makes a service account, or gives the one of that name these permissions, and lets it in with this secret too. Two
 * secrets are live at most: a third takes the oldest's place.
 */
export function enterServiceAccount(
  db: Database,
  { name, secret, permissions }: { name: string; secret: string; permissions: Permission[] },
): Promise<void> {
  return inPlatform(db, async (tx) => {
    await accounts.upsert(tx, { name, permissions })
    await accounts.addSecret(tx, name, secretDigest(secret), liveSecrets)
  })
}
