import type { Origin } from '@gatehouse/contracts/origin'
import { inBatches } from '@gatehouse/db/batches'
import { inPlatformAtOnce } from '@gatehouse/db/tenant'
import { messageOf } from '@gatehouse/events/outbox'
import type { Standing } from '../directory.ts'
import { type Continuation, digestOf } from './refresh-token.ts'
import type { SessionDeps } from './start-session.ts'
import * as tokens from './token-repository.ts'

/** A refresh token that is to be spent, and what is to follow it. */
export interface Spending {
  readonly of: Continuation
  readonly token: string
  readonly successor: string
  readonly authority: Standing
  readonly origin: Origin
}

/**
 * Spends refresh tokens, each once: true where its session goes on with the successor, false where it can't be spent.
 * Those that come at about the same time are committed together, in one statement. Whoever comes with a token that is
 * just being spent shares in what comes of it.
 */
export function createRotation({ db, sessionTimes }: Pick<SessionDeps, 'db' | 'sessionTimes'>) {
  const underWay = new Map<string, Promise<boolean>>()
  const spend = inBatches<tokens.Rotation, boolean>(
    async (rotations) => {
      const spent = await inPlatformAtOnce(db, (tx) => tokens.rotate(tx, rotations, sessionTimes.idleMs))
      return rotations.map(({ digest }) => spent.has(digest))
    },
    { max: 100, atOnce: 2 },
  )

  return (spending: Spending): Promise<boolean> => {
    const digest = digestOf(spending.token).toString('hex')
    const known = underWay.get(digest)
    if (known !== undefined) return known
    const spent = spend(rotationOf(digest, spending)).finally(() => underWay.delete(digest))
    underWay.set(digest, spent)
    return spent
  }
}

function rotationOf(digest: string, { of, successor, authority, origin }: Spending): tokens.Rotation {
  const { sessionId, userId, tenantId } = of
  const { subject, eventId, payload } = messageOf('session.refreshed', {
    tenantId,
    actor: { type: 'user', id: userId },
    // Which version it is, the statement knows that raises it.
    aggregate: { id: sessionId, version: 1 },
    origin,
    data: { userId },
  })
  return {
    digest,
    successor: digestOf(successor).toString('hex'),
    needsSecondFactor: authority.tenant.mfaRequired,
    subject,
    eventId,
    payload,
  }
}
