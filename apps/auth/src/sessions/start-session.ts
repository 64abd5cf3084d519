import type { Origin } from '@gatehouse/contracts/origin'
import { unauthenticated } from '@gatehouse/contracts/problems'
import type { Tokens } from '@gatehouse/contracts/sessions'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, inTenantAtOnce, type Tx } from '@gatehouse/db/tenant'
import { messageOf } from '@gatehouse/events/outbox'
import type { KeyEncryptionKeys } from '@gatehouse/keys/seal'
import { accessTokenSeconds } from '@gatehouse/keys/token-signer'
import { v7 as uuidv7 } from 'uuid'
import type { Standing } from '../directory.ts'
import type { Issuer } from '../issuer.ts'
import type { Proof } from '../sign-in.ts'
import { endSessions } from './end-sessions.ts'
import { type Continuation, digestOf, firstTokenAfter, newRefreshToken } from './refresh-token.ts'
import * as sessions from './repository.ts'
import * as tokens from './token-repository.ts'

/** How long things of a session last. Milliseconds. */
export interface SessionTimes {
  /** The session, however much it is used. */
  readonly lifeMs: number
  /** The session, while it is not used. */
  readonly idleMs: number
  /** How long a spent refresh token still answers its successor, to a client that has missed it. */
  readonly graceMs: number
}

export interface SessionDeps {
  readonly db: Database
  readonly issuer: Issuer
  readonly sessionTimes: SessionTimes
  /** What tokens are derived with that may have to be given again, the first with which new ones are; 32 bytes each. */
  readonly refreshKeys: KeyEncryptionKeys
}

/**
 * Signs a person in, who has proven themselves, and answers their tokens.
 * @throws unauthenticated if the session that this one was to continue has ended
 */
export async function startSession(
  { db, issuer, sessionTimes, refreshKeys }: SessionDeps,
  authority: Standing,
  proof: Proof,
  origin: Origin,
): Promise<Tokens> {
  const { id: userId, tenantId } = authority.user
  const sessionId = uuidv7()
  const of = { sessionId, userId, tenantId }
  const { subject, eventId, payload } = messageOf('session.started', {
    tenantId,
    actor: { type: 'user', id: userId },
    aggregate: { id: sessionId, version: 1 },
    origin,
    data: { userId, method: proof.method, amr: [...proof.amr] },
  })
  const start = async (tx: Tx, refreshToken: string) => {
    await tokens.beginSession(tx, {
      id: sessionId,
      tenantId,
      userId,
      sourceIp: origin.sourceIp ?? null,
      userAgent: origin.userAgent ?? null,
      amr: proof.amr,
      lifeMs: sessionTimes.lifeMs,
      endsAt: proof.continues?.expiresAt,
      digest: digestOf(refreshToken),
      idleMs: sessionTimes.idleMs,
      event: { subject, eventId, payload },
    })
    return refreshToken
  }
  const { continues } = proof
  const refreshToken =
    continues === undefined
      ? await inTenantAtOnce(db, tenantId, (tx) => start(tx, newRefreshToken(of)))
      : // The session that ends may be another tenant's.
        await inPlatform(db, async (tx) => {
          const last = await endContinued(tx, of, continues, origin)
          return start(tx, firstTokenAfter(last, refreshKeys[0], of))
        })
  return tokensFor(issuer, authority, { sessionId, refreshToken })
}

/** Ends the session that another one takes the place of. @returns what is stored of its last refresh token */
async function endContinued(
  tx: Tx,
  { userId, sessionId: next }: Continuation,
  { sessionId }: NonNullable<Proof['continues']>,
  origin: Origin,
) {
  const actor = { kind: 'user', id: userId } as const
  const ended = await endSessions(tx, { userId, sessionId }, { reason: 'switched_tenant', actor, origin })
  if (ended === 0) throw unauthenticated()
  await sessions.continueBy(tx, sessionId, next)
  const last = await tokens.unspent(tx, sessionId)
  if (!last) throw unauthenticated()
  return last
}

/** The answer to every way of signing in: a new access token in the active tenant, and the refresh token. */
export function tokensFor(
  issuer: Issuer,
  { user, tenants, permissions, asOf }: Standing,
  { sessionId, refreshToken }: { sessionId: string; refreshToken: string },
): Tokens {
  const accessToken = issuer.issue({
    kind: 'user',
    subject: user.id,
    tenantId: user.tenantId,
    sessionId,
    clientId: 'gatehouse',
    audience: 'gatehouse',
    permissions,
    asOf,
  })
  return {
    accessToken,
    refreshToken,
    tokenType: 'Bearer',
    expiresIn: accessTokenSeconds,
    user: { ...user, tenants, permissions },
  }
}
