import { personalDataOf } from '@gatehouse/db/personal-data'
import type { Tx } from '@gatehouse/db/tenant'
import { and, eq, isNull } from 'drizzle-orm'
import { dataMap } from '../data-map.ts'
import { credentials, sessions } from '../tables.ts'

export const personalData = personalDataOf(dataMap)

/** When a session that goes on began, and when it ends. */
export async function timesOfSession(tx: Tx, userId: string, id: string) {
  const [row] = await tx
    .select({ createdAt: sessions.createdAt, expiresAt: sessions.expiresAt })
    .from(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId), isNull(sessions.endedAt)))
  return row
}

export async function hasPassword(tx: Tx, userId: string) {
  const rows = await tx
    .select({ userId: credentials.userId })
    .from(credentials)
    .where(eq(credentials.userId, userId))
  return rows.length === 1
}
