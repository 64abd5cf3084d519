import type { Tx } from '@gatehouse/db/tenant'
import { revoke } from '@gatehouse/events/revocation'
import * as roles from './repository.ts'

/** More holders than this, and the tokens of the whole tenant are renewed rather than theirs one by one. */
const oneByOne = 100

/** Has the access tokens of a role's holders refused, so that their next ones say what they may do now. */
export async function revokeHolders(tx: Tx, tenantId: string, roleId: string): Promise<void> {
  const holders = await roles.holders(tx, tenantId, roleId, oneByOne + 1)
  if (holders.length > oneByOne) return revoke(tx, { tenantId, kind: 'tenant', id: tenantId })
  await Promise.all(holders.map((id) => revoke(tx, { tenantId, kind: 'user', id })))
}
