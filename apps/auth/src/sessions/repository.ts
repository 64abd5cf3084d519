import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, gt, isNull, ne, sql } from 'drizzle-orm'
import { refreshTokens, sessions } from '../tables.ts'

export async function insertSession(tx: Tx, session: typeof sessions.$inferInsert) {
  await tx.insert(sessions).values(session)
}

export async function insertRefreshToken(tx: Tx, token: typeof refreshTokens.$inferInsert) {
  await tx.insert(refreshTokens).values(token)
}

/** A refresh token and its session, if that goes on; spent or not. */
export async function refreshTokenByDigest(tx: Tx, digest: Buffer) {
  const [row] = await tx
    .select({ session: sessions, expiresAt: refreshTokens.expiresAt })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(
      and(eq(refreshTokens.digest, digest), isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`)),
    )
  return row
}

/** Spends a refresh token: of any number at once, one gets true. */
export async function spendRefreshToken(tx: Tx, digest: Buffer) {
  const rows = await tx
    .update(refreshTokens)
    .set({ usedAt: sql`now()` })
    .where(
      and(
        eq(refreshTokens.digest, digest),
        isNull(refreshTokens.usedAt),
        gt(refreshTokens.expiresAt, sql`now()`),
      ),
    )
    .returning({ sessionId: refreshTokens.sessionId })
  return rows.length === 1
}

/** Whether a token was spent so lately that its client may have missed the answer. */
export async function wasJustSpent(tx: Tx, digest: Buffer, graceSeconds: number) {
  const rows = await tx
    .select({ digest: refreshTokens.digest })
    .from(refreshTokens)
    .where(
      and(
        eq(refreshTokens.digest, digest),
        gt(refreshTokens.usedAt, sql`now() - make_interval(secs => ${graceSeconds})`),
      ),
    )
  return rows.length === 1
}

/** Takes note that a session is in use. @returns its new version, or undefined if it has ended */
export async function touchSession(tx: Tx, id: string) {
  const [row] = await tx
    .update(sessions)
    .set({ lastUsedAt: sql`now()`, version: sql`${sessions.version} + 1` })
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
    .returning({ version: sessions.version })
  return row?.version
}

/** Ends a person's session, or all of them. @returns those that had not ended yet */
export function endSessions(
  tx: Tx,
  which: { userId: string; tenantId?: string; sessionId?: string; except?: string },
) {
  return tx
    .update(sessions)
    .set({ endedAt: sql`now()`, version: sql`${sessions.version} + 1` })
    .where(
      and(
        eq(sessions.userId, which.userId),
        which.tenantId === undefined ? undefined : eq(sessions.tenantId, which.tenantId),
        which.sessionId === undefined ? undefined : eq(sessions.id, which.sessionId),
        which.except === undefined ? undefined : ne(sessions.id, which.except),
        isNull(sessions.endedAt),
      ),
    )
    .returning({ id: sessions.id, tenantId: sessions.tenantId, version: sessions.version })
}
