import type { Origin } from '@gatehouse/contracts/origin'
import type { Introspection } from '@gatehouse/contracts/tokens'
import { readInPlatform } from '@gatehouse/db/tenant'
import { type ExaminationDeps, examineAccessToken, examineApiKey, permittedNow } from './examine-token.ts'
import * as repository from './repository.ts'
import { formOf } from './token-form.ts'

const inactive: Introspection = { active: false }

/** Says whether a token is good now and what it says (RFC 7662); of one that is not, nothing else. */
export function introspectToken(deps: ExaminationDeps, text: string, origin: Origin): Promise<Introspection> {
  return introspect[formOf(text)](deps, text, origin)
}

const introspect = {
  async access_token(deps: ExaminationDeps, text: string, origin: Origin): Promise<Introspection> {
    const token = await examineAccessToken(deps, text, origin)
    if (!token) return inactive
    const { sessionId, ownerId, actor } = token
    return {
      active: true,
      token_type: 'Bearer',
      iss: token.issuer,
      aud: token.audiences.join(' '),
      sub: token.subject,
      client_id: token.clientId,
      scope: token.permissions.join(' '),
      iat: token.issuedAt,
      exp: token.expiresAt,
      jti: token.id,
      tid: token.tenantId,
      kind: token.kind,
      ...(sessionId !== undefined && { sid: sessionId }),
      ...(ownerId !== undefined && { own: ownerId }),
      ...(actor && { act: actor }),
    }
  },

  async api_key(deps: ExaminationDeps, text: string, origin: Origin): Promise<Introspection> {
    const key = await examineApiKey(deps, text, origin)
    if (!key) return inactive
    return {
      active: true,
      sub: key.id,
      scope: key.scopes.join(' '),
      tid: key.tenantId,
      kind: 'api_key',
      own: key.userId,
      ...(key.expiresAt && { exp: secondsOf(key.expiresAt) }),
    }
  },

  async refresh_token(deps: ExaminationDeps, text: string, origin: Origin): Promise<Introspection> {
    const token = await readInPlatform(deps.db, (tx) => repository.liveRefreshToken(tx, text))
    if (!token || !(await permittedNow(deps.directory, token, origin))) return inactive
    return {
      active: true,
      sub: token.userId,
      iat: secondsOf(token.createdAt),
      exp: secondsOf(token.expiresAt),
      tid: token.tenantId,
      sid: token.sessionId,
      kind: 'user',
    }
  },
} as const

const secondsOf = (time: Date) => Math.floor(time.getTime() / 1_000)
