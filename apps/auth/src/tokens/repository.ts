import { createHash } from 'node:crypto'
import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { apiKeys, refreshTokens, serviceAccounts, sessions } from '../tables.ts'

const sessionGoesOn = and(isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`))

const liveSession = prepared((tx) =>
  tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.id, sql.placeholder('id')),
        eq(sessions.userId, sql.placeholder('userId')),
        eq(sessions.tenantId, sql.placeholder('tenantId')),
        sessionGoesOn,
      ),
    )
    .prepare('tokens_live_session'),
)

/** Whether this session of this person in this tenant goes on. */
export async function sessionIsLive(tx: Tx, session: { id: string; userId: string; tenantId: string }) {
  const rows = await liveSession(tx).execute(session)
  return rows.length === 1
}

/** The session that a refresh token is of, spent or not, ended or not. */
export async function sessionOfRefreshToken(tx: Tx, token: string) {
  const [row] = await tx
    .select({ id: sessions.id, userId: sessions.userId })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.digest, digestOf(token)))
  return row
}

/** A refresh token that can still be used. */
export async function liveRefreshToken(tx: Tx, token: string) {
  const [row] = await tx
    .select({
      sessionId: sessions.id,
      userId: sessions.userId,
      tenantId: sessions.tenantId,
      createdAt: refreshTokens.createdAt,
      expiresAt: refreshTokens.expiresAt,
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(
      and(
        eq(refreshTokens.digest, digestOf(token)),
        isNull(refreshTokens.usedAt),
        gt(refreshTokens.expiresAt, sql`now()`),
        sessionGoesOn,
      ),
    )
  return row
}

/** Whether an API key of this owner is neither revoked nor expired. */
export async function apiKeyIsLive(tx: Tx, key: { id: string; userId: string; tenantId: string }) {
  const rows = await tx
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.id, key.id),
        eq(apiKeys.userId, key.userId),
        eq(apiKeys.tenantId, key.tenantId),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)),
      ),
    )
  return rows.length === 1
}

/** What a service's account permits; undefined if there is no such account. */
export async function servicePermissions(tx: Tx, name: string) {
  const [row] = await tx
    .select({ permissions: serviceAccounts.permissions })
    .from(serviceAccounts)
    .where(eq(serviceAccounts.name, name))
  return row?.permissions
}

const digestOf = (token: string) => createHash('sha256').update(token).digest()
