import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { sessionNotFound } from '../errors.ts'
import { endSessions } from './end-sessions.ts'

/**
 * Signs out one of the caller's devices, in whichever tenant it is signed in.
 * @throws sessionNotFound if it is nobody's, somebody else's, or has ended
 */
export async function endOwnSession(db: Database, principal: Principal, sessionId: string, origin: Origin) {
  const which = { userId: principal.id, sessionId }
  const ended = await inPlatform(db, (tx) => endSessions(tx, which, by(principal, origin)))
  if (ended === 0) throw sessionNotFound()
}

/** Signs out all of the caller's devices but the one that asks. */
export async function endOtherSessions(db: Database, principal: Principal, origin: Origin) {
  const { id: userId, sessionId: except } = principal
  const which = { userId, ...(except !== undefined && { except }) }
  await inPlatform(db, (tx) => endSessions(tx, which, by(principal, origin)))
}

const by = (actor: Principal, origin: Origin) => ({ reason: 'ended_by_owner', actor, origin }) as const
