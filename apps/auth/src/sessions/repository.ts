import type { Tx } from '@gatehouse/db/tenant'
import { and, count, desc, eq, gt, isNull, lt, ne, sql } from 'drizzle-orm'
import { sessions } from '../tables.ts'

export type Session = typeof sessions.$inferSelect

/** Of a session that has neither ended nor lived out its time. */
export const goesOn = and(isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`))

/** Ends a person's session, or all of them. @returns those that had not ended yet */
export function endSessions(
  tx: Tx,
  which: { userId: string; tenantId?: string; sessionId?: string; except?: string; createdBefore?: Date },
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
        which.createdBefore === undefined ? undefined : lt(sessions.createdAt, which.createdBefore),
        isNull(sessions.endedAt),
      ),
    )
    .returning({ id: sessions.id, tenantId: sessions.tenantId, version: sessions.version })
}

/** Notes which session has taken the place of one that has ended. */
export async function continueBy(tx: Tx, id: string, continuedBy: string) {
  await tx.update(sessions).set({ continuedBy }).where(eq(sessions.id, id))
}

/** A person's session, if it has not ended. */
export async function liveSession(tx: Tx, userId: string, id: string) {
  const [row] = await tx
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId), goesOn))
  return row
}

/** Whose live sessions to list, and after how long without use one is none. */
export interface Listing {
  readonly userId: string
  readonly tenantId?: string | undefined
  readonly idleMs: number
}

/** A part of the list of live sessions, newest first. */
export function page(
  tx: Tx,
  listing: Listing,
  { limit, after, offset }: { limit: number; after: string | undefined; offset: number },
): Promise<Session[]> {
  return tx
    .select()
    .from(sessions)
    .where(and(listed(listing), after === undefined ? undefined : lt(sessions.id, after)))
    .orderBy(desc(sessions.id))
    .limit(limit)
    .offset(offset)
}

export async function total(tx: Tx, listing: Listing) {
  const [row] = await tx.select({ total: count() }).from(sessions).where(listed(listing))
  return row?.total ?? 0
}

const listed = ({ userId, tenantId, idleMs }: Listing) =>
  and(
    eq(sessions.userId, userId),
    tenantId === undefined ? undefined : eq(sessions.tenantId, tenantId),
    goesOn,
    gt(sessions.lastUsedAt, sql`now() - make_interval(secs => ${idleMs / 1000}::float8)`),
  )

/** Whether a person began a session lately from an address, or from an IPv6 network (`…/64`). */
export async function isFamiliar(tx: Tx, userId: string, network: string, days: number) {
  const isTheirs = sql`case when ${sessions.sourceIp} like '%:%' then ${sessions.sourceIp}::inet <<= ${network}::inet
    else ${sessions.sourceIp} = ${network} end`
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        gt(sessions.createdAt, sql`now() - make_interval(days => ${days})`),
        isTheirs,
      ),
    )
    .limit(1)
  return rows.length === 1
}
