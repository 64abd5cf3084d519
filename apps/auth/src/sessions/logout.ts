import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import * as sessions from './repository.ts'

/** Ends the caller's session, or all of theirs: refresh tokens at once, access tokens through the revocation feed. */
export function logout(
  db: Database,
  principal: Principal,
  everywhere: boolean,
  origin: Origin,
): Promise<void> {
  const which = { userId: principal.id, sessionId: everywhere ? undefined : principal.sessionId }
  return inPlatform(db, async (tx) => {
    for (const { id, tenantId, version } of await sessions.endSessions(tx, which)) {
      await emit(tx, 'session.ended', {
        tenantId,
        actor: { type: 'user', id: principal.id },
        aggregate: { id, version },
        origin,
        data: { userId: principal.id, reason: everywhere ? 'logout_everywhere' : 'logout' },
      })
      await revoke(tx, { tenantId, kind: 'session', id })
    }
  })
}
