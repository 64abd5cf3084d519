import type { Origin } from '@gatehouse/contracts/origin'
import type { Tokens } from '@gatehouse/contracts/sessions'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import type { Directory } from '../directory.ts'
import { invalidRefreshToken } from '../errors.ts'
import type { Notify } from '../notify.ts'
import type { Policy } from '../policy.ts'
import { endSessions } from './end-sessions.ts'
import { goOnElsewhere } from './go-on-elsewhere.ts'
import { type Continuation, continuationIn, digestOf, successorOf } from './refresh-token.ts'
import * as sessions from './repository.ts'
import { createRotation, type Spending } from './rotate-refresh-tokens.ts'
import { refusalOf } from './sign-in.ts'
import { type SessionDeps, tokensFor } from './start-session.ts'
import * as tokens from './token-repository.ts'

export interface RefreshDeps extends SessionDeps {
  readonly directory: Directory
  readonly notify: Notify
  readonly policy: Policy
}

/**
 * Goes on with a session: the refresh token is spent and a new pair answered. A client whose answer was lost may ask
 * again within the grace and gets the same successor, as long as nobody has used that. Any other use of a spent token
 * ends the whole session (RFC 9700 §4.14.2), since two parties hold it. Who has gone on in another tenant and missed
 * that answer gets it here. So does somebody's suspension, their tenant's,
 * their leaving it, or an address that has to be proven and is not. While the directory is away nothing is spent.
 * @throws invalidRefreshToken
 */
export function createRefresh(deps: RefreshDeps) {
  const { directory, issuer, policy, refreshKeys } = deps
  const rotate = createRotation(deps)

  return async (token: string, origin: Origin): Promise<Tokens> => {
    const of = continuationIn(token)
    if (!of) throw invalidRefreshToken()
    const { sessionId, userId, tenantId } = of
    const authority = await directory.resolve({ userId, tenantId }, origin)
    if (!authority || refusalOf(authority, policy) !== undefined) {
      await inPlatform(deps.db, (tx) => withdraw(tx, of, token, origin))
      throw invalidRefreshToken()
    }
    const spending = { of, token, successor: successorOf(token, refreshKeys[0]), authority, origin }
    const refreshToken = (await rotate(spending))
      ? spending.successor
      : await inPlatform(deps.db, (tx) => resolve(tx, deps, spending))
    if (refreshToken === undefined) return goOnElsewhere(deps, token, origin)
    return tokensFor(issuer, authority, { sessionId, refreshToken })
  }
}

/** Ends the session of somebody who has no part in it any more; only for a token that is really its. */
async function withdraw(tx: Tx, of: Continuation, token: string, origin: Origin) {
  const { userId, sessionId } = of
  if (!(await tokens.refreshTokenByDigest(tx, digestOf(token)))) return
  const actor = { kind: 'user', id: userId } as const
  await endSessions(tx, { userId, sessionId }, { reason: 'access_withdrawn', actor, origin })
}

/** What becomes of a token that could not be spent. @returns its successor, if its session goes on with that all the same */
async function resolve(tx: Tx, { notify, ...deps }: RefreshDeps, spending: Spending) {
  const { of, token, authority, origin } = spending
  const { found, successor } = await lookUp(tx, deps, token)
  if (!found) return undefined
  if (found.isSpent && found.isInGrace && found.successorWaits) return successor
  if (found.isSpent) {
    if (await endReused(tx, of, origin)) await notify(tx, authority, { kind: 'session_reuse' })
  } else if (authority.tenant.mfaRequired && !showSecondFactor(found.amr)) {
    await withdraw(tx, of, token, origin)
  }
  return undefined
}

/** A token and the successor that waits for it, which another instance may have derived with another of the keys. */
async function lookUp(tx: Tx, { refreshKeys, sessionTimes }: SessionDeps, token: string) {
  let looked:
    | { successor: string; found: Awaited<ReturnType<typeof tokens.refreshTokenByDigest>> }
    | undefined
  for (const key of refreshKeys) {
    const successor = successorOf(token, key)
    const { graceMs } = sessionTimes
    const found = await tokens.refreshTokenByDigest(tx, digestOf(token), {
      successor: digestOf(successor),
      graceMs,
    })
    looked ??= { found, successor }
    if (found?.successorWaits) return { found, successor }
  }
  return looked ?? { found: undefined, successor: undefined }
}

/** Whether a session began with what a tenant may have come to ask for since. */
const showSecondFactor = (amr: readonly string[]) => tokens.secondFactorAmr.some((way) => amr.includes(way))

/** @returns whether the session had not ended before */
async function endReused(tx: Tx, { userId, sessionId }: Continuation, origin: Origin) {
  const [ended] = await sessions.endSessions(tx, { userId, sessionId })
  if (!ended) return false
  const { id, tenantId, version } = ended
  await Promise.all([
    emit(tx, 'session.reuse_detected', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id, version },
      origin,
      data: { userId },
    }),
    revoke(tx, { tenantId, kind: 'session', id }),
  ])
  return true
}
