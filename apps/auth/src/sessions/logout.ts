import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import * as sessions from './repository.ts'

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
  await inPlatform(db, async (tx) => {
    for (const { id, tenantId, version } of await sessions.endSessions(tx, which)) {
      await emit(tx, 'session.ended', {
        tenantId,
        actor: { type: 'user', id: userId },
        aggregate: { id, version },
        origin,
        data: { userId, reason: everywhere ? 'logout_everywhere' : 'logout' },
      })
      await revoke(tx, { tenantId, kind: 'session', id })
    }
  })
}
