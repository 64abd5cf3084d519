import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import type { EndSessions } from '../sign-in.ts'
import * as sessions from './repository.ts'

/** Ends sessions: their refresh tokens at once, their access tokens through the revocation feed. */
export const endSessions: EndSessions = async (tx, which, { reason, actor, origin }) => {
  const { userId } = which
  for (const { id, tenantId, version } of await sessions.endSessions(tx, which)) {
    await emit(tx, 'session.ended', {
      tenantId,
      actor: { type: actor.kind, id: actor.id },
      aggregate: { id, version },
      origin,
      data: { userId, reason },
    })
    await revoke(tx, { tenantId, kind: 'session', id })
  }
}
