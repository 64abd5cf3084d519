import type { Origin } from '@gatehouse/contracts/origin'
import type { Tokens } from '@gatehouse/contracts/sessions'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import type { Directory } from '../directory.ts'
import { invalidRefreshToken } from '../errors.ts'
import { digestOf, successorOf } from './refresh-token.ts'
import * as sessions from './repository.ts'
import { idleDays, inDays, type SessionDeps, tokensFor } from './start-session.ts'

/** A client whose answer was lost may ask again with the same token for this long, and gets the same successor. */
const graceSeconds = 10

export interface RefreshDeps extends SessionDeps {
  readonly directory: Directory
  /** What successors are derived with; 32 bytes. */
  readonly refreshKey: Uint8Array
}

type Session = NonNullable<Awaited<ReturnType<typeof sessions.refreshTokenByDigest>>>['session']

/**
 * Goes on with a session: the refresh token is spent and a new pair answered. One that was spent before ends the
 * whole session (RFC 9700 §4.14.2), since two parties hold it.
 * @throws invalidRefreshToken
 */
export async function refresh(deps: RefreshDeps, refreshToken: string, origin: Origin): Promise<Tokens> {
  const digest = digestOf(refreshToken)
  const found = await readInPlatform(deps.db, (tx) => sessions.refreshTokenByDigest(tx, digest))
  if (!found) throw invalidRefreshToken()
  const { session } = found
  const authority = await deps.directory.resolve(
    { userId: session.userId, tenantId: session.tenantId },
    origin,
  )
  if (authority?.user.status !== 'active') throw invalidRefreshToken()

  const successor = successorOf(refreshToken, deps.refreshKey)
  const goesOn = await inPlatform(deps.db, (tx) => rotate(tx, session, { digest, successor }, origin))
  if (!goesOn) throw invalidRefreshToken()
  return tokensFor(deps.issuer, authority, { sessionId: session.id, refreshToken: successor })
}

async function rotate(
  tx: Tx,
  session: Session,
  token: { digest: Buffer; successor: string },
  origin: Origin,
) {
  const { id, tenantId, userId } = session
  const about = { tenantId, actor: { type: 'user', id: userId }, origin, data: { userId } } as const

  if (await sessions.spendRefreshToken(tx, token.digest)) {
    const version = await sessions.touchSession(tx, id)
    if (version === undefined) return false
    await sessions.insertRefreshToken(tx, {
      digest: digestOf(token.successor),
      tenantId,
      sessionId: id,
      expiresAt: inDays(idleDays),
    })
    await emit(tx, 'session.refreshed', { ...about, aggregate: { id, version } })
    return true
  }
  if (await sessions.wasJustSpent(tx, token.digest, graceSeconds)) return true

  for (const { version } of await sessions.endSessions(tx, { userId, sessionId: id })) {
    await emit(tx, 'session.reuse_detected', { ...about, aggregate: { id, version } })
    await revoke(tx, { tenantId, kind: 'session', id })
  }
  return false
}
