import type { Origin } from '@gatehouse/contracts/origin'
import type { Tokens } from '@gatehouse/contracts/sessions'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Directory } from '../directory.ts'
import { invalidRefreshToken } from '../errors.ts'
import type { Policy } from '../policy.ts'
import { digestOf, firstTokenAfter } from './refresh-token.ts'
import { refusalOf } from './sign-in.ts'
import { type SessionDeps, tokensFor } from './start-session.ts'
import * as tokens from './token-repository.ts'

interface Deps extends SessionDeps {
  readonly directory: Directory
  readonly policy: Policy
}

/**
 * Answers the tokens of the session that has taken the place of the one of a refresh token, for a client that missed
 * them when it switched tenants: within the grace, and as long as nobody has used them.
 * @throws invalidRefreshToken
 */
export async function goOnElsewhere(
  { db, directory, issuer, policy, refreshKeys, sessionTimes: { graceMs } }: Deps,
  token: string,
  origin: Origin,
): Promise<Tokens> {
  const digest = digestOf(token)
  const next = await readInPlatform(db, async (tx) => {
    const session = await tokens.continuedLately(tx, digest, graceMs)
    if (!session) return undefined
    for (const key of refreshKeys) {
      const refreshToken = firstTokenAfter(digest, key, session)
      const found = await tokens.refreshTokenByDigest(tx, digestOf(refreshToken))
      if (found) return found.isSpent ? undefined : { ...session, refreshToken }
    }
    return undefined
  })
  if (!next) throw invalidRefreshToken()
  const { userId, tenantId } = next
  const authority = await directory.resolve({ userId, tenantId }, origin)
  if (!authority || refusalOf(authority, policy) !== undefined) throw invalidRefreshToken()
  return tokensFor(issuer, authority, next)
}
