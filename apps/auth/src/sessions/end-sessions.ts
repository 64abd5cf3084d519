import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import type { EndSessions } from '../sign-in.ts'
import * as sessions from './repository.ts'

/** Ends sessions: their refresh tokens at once, their access tokens through the revocation feed. */
export const endSessions: EndSessions = async (tx, which, { reason, actor, origin }) => {
  const { userId } = which
  const ended = await sessions.endSessions(tx, which)
  // Each statement is sent without waiting for the one before.
  await Promise.all(
    ended.flatMap(({ id, tenantId, version }) => [
      emit(tx, 'session.ended', {
        tenantId,
        actor: { type: actor.kind, id: actor.id, ownerId: actor.ownerId },
        aggregate: { id, version },
        origin,
        data: { userId, reason },
      }),
      revoke(tx, { tenantId, kind: 'session', id }),
    ]),
  )
  return ended.length
}
