import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { RevokeApiKey } from '../api-key.ts'
import { unrevocableToken } from '../errors.ts'
import type { EndSessions } from '../sign-in.ts'
import type { ReadAccessToken } from './read-access-token.ts'
import * as repository from './repository.ts'
import { formOf } from './token-form.ts'

export interface RevocationDeps {
  readonly db: Database
  readonly readAccessToken: ReadAccessToken
  readonly endSessions: EndSessions
  readonly revokeApiKey: RevokeApiKey
}

/**
 * Revokes a token (RFC 7009): a refresh or access token of a person ends its session, an API key is revoked. Nothing
 * happens for an unknown one.
 * @throws unrevocableToken for an access token that stands on no session
 */
export async function revokeToken(
  deps: RevocationDeps,
  text: string,
  actor: Principal,
  origin: Origin,
): Promise<void> {
  const form = formOf(text)
  if (form === 'api_key') return deps.revokeApiKey(text, { actor, origin })
  const access = form === 'access_token' ? await deps.readAccessToken(text) : undefined
  if (access && (access.kind !== 'user' || access.sessionId === undefined)) throw unrevocableToken()

  await inPlatform(deps.db, async (tx) => {
    const session = access
      ? { userId: access.subject, id: access.sessionId }
      : await repository.sessionOfRefreshToken(tx, text)
    if (session?.id === undefined) return
    const which = { userId: session.userId, sessionId: session.id }
    await deps.endSessions(tx, which, { reason: 'token_revoked', actor, origin })
  })
}
