import type { Permission } from '@gatehouse/contracts/permissions'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { secretDigest } from './issue-service-token.ts'
import * as accounts from './repository.ts'

/** Makes a service account, or gives the one of that name these permissions, and lets it in with this secret too. */
export function enterServiceAccount(
  db: Database,
  { name, secret, permissions }: { name: string; secret: string; permissions: Permission[] },
): Promise<void> {
  return inPlatform(db, (tx) => accounts.upsert(tx, { name, permissions, digest: secretDigest(secret) }))
}
