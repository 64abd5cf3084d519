import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { endSessions } from './end-sessions.ts'

/**
 * Ends the caller's session, or all of theirs: refresh tokens at once, access tokens through the revocation feed. Only
 * people have sessions; for any other caller there is nothing to end, its owner's sessions least of all.
 */
export async function logout(
  db: Database,
  principal: Principal,
  everywhere: boolean,
  origin: Origin,
): Promise<void> {
  const { kind, id: userId, sessionId } = principal
  if (kind !== 'user' || sessionId === undefined) return
  const which = everywhere ? { userId } : { userId, sessionId }
  const reason = everywhere ? 'logout_everywhere' : 'logout'
  await inPlatform(db, (tx) => endSessions(tx, which, { reason, actor: principal, origin }))
}
