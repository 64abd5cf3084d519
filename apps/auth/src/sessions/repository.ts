import { prepared } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { and, count, desc, eq, gt, isNull, lt, ne, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Amr } from '../sign-in.ts'
import { refreshTokens, sessions } from '../tables.ts'

export type Session = typeof sessions.$inferSelect

/** So long from now by the database's clock, which all replicas share. */
export const fromNow = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`

/** So many seconds ago; for a prepared statement. */
const ago = (placeholder: string) =>
  sql`now() - make_interval(secs => ${sql.placeholder(placeholder)}::float8)`

/** Of a session that has neither ended nor lived out its time. */
const goesOn = and(isNull(sessions.endedAt), gt(sessions.expiresAt, sql`now()`))

export async function insertSession(
  tx: Tx,
  session: Omit<typeof sessions.$inferInsert, 'expiresAt'> & { expiresAt: Date | SQL },
) {
  await tx.insert(sessions).values(session)
}

/** The first refresh token of a session: good until it has idled for so long, and no longer than the session. */
export async function insertRefreshToken(
  tx: Tx,
  token: { digest: Buffer; tenantId: string; sessionId: string; idleMs: number },
) {
  const { idleMs, ...columns } = token
  const ends = sql`(select ${sessions.expiresAt} from ${sessions} where ${sessions.id} = ${token.sessionId})`
  await tx.insert(refreshTokens).values({ ...columns, expiresAt: sql`least(${fromNow(idleMs)}, ${ends})` })
}

/** A refresh token to be spent and the event that tells of it; digests in hexadecimal. */
export interface Rotation {
  readonly digest: string
  readonly successor: string
  /** Whether only a session that began with a second factor may go on. */
  readonly needsSecondFactor: boolean
  readonly subject: string
  readonly eventId: string
  readonly payload: object
}

export const secondFactorAmr = ['otp', 'recovery'] as const satisfies Amr[]

/**
 * Spends refresh tokens, notes that their sessions are in use, puts in their successors, and tells of it, all in one
 * statement. Of any number of statements that come with one token at once, one spends it.
 * @returns the digests of those that it has spent
 */
export async function rotate(tx: Tx, rotations: readonly Rotation[], idleMs: number) {
  // In one order everywhere, so that two statements with the same tokens don't wait for each other. By `any` the index
  // is used however few rows PostgreSQL expects to be left by row-level security.
  const sorted = rotations.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
  const spent = await tx.execute<{ digest: string }>(sql`
    with asked as (
      select decode(digest, 'hex') digest, decode(successor, 'hex') successor, needs, event_id, subject, payload
      from json_to_recordset(${JSON.stringify(sorted.map(rowOf))}::json)
        as a(digest text, successor text, needs boolean, event_id uuid, subject text, payload jsonb)
    ), spent as (
      update ${refreshTokens} t set used_at = now()
      from asked a, ${sessions} s
      where t.digest = any(array(select digest from asked)) and t.digest = a.digest and t.used_at is null and t.expires_at > now()
        and s.id = t.session_id and s.ended_at is null and s.expires_at > now()
        and (not a.needs or s.amr && ${sql.raw(`'{${secondFactorAmr}}'`)})
      returning t.session_id, a.*
    ), used as (
      update ${sessions} s set last_used_at = now(), version = version + 1
      from spent where s.id = spent.session_id and s.ended_at is null
      returning s.id, s.tenant_id, s.version, s.expires_at, spent.*
    ), followed as (
      insert into ${refreshTokens} (digest, tenant_id, session_id, expires_at)
      select successor, tenant_id, id, least(${fromNow(idleMs)}, expires_at) from used
    ), told as (
      insert into ${outbox}
        (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
      select event_id, subject, tenant_id, 'session', id::text, version,
        (payload || jsonb_build_object('aggregateversion', version))::json
      from used
    )
    select encode(digest, 'hex') as digest from used`)
  return new Set(spent.map(({ digest }) => digest))
}

const rowOf = ({ needsSecondFactor, eventId, ...rotation }: Rotation) => ({
  ...rotation,
  needs: needsSecondFactor,
  event_id: eventId,
})

const tokenByDigest = prepared((orm) => {
  const successors = alias(refreshTokens, 'successors')
  return orm
    .select({
      amr: sessions.amr,
      isSpent: sql<boolean>`${refreshTokens.usedAt} is not null`,
      isInGrace: sql<boolean>`coalesce(${refreshTokens.usedAt} > ${ago('graceSeconds')}, false)`,
      successorWaits: sql<boolean>`coalesce(${successors.usedAt} is null and ${successors.expiresAt} > now(), false)`,
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .leftJoin(successors, eq(successors.digest, sql.placeholder('successor')))
    .where(and(eq(refreshTokens.digest, sql.placeholder('digest')), goesOn))
    .prepare('refresh_token_by_digest')
})

/** A refresh token of a session that has not ended: whether it was spent, lately, and whether its successor was. */
export async function refreshTokenByDigest(
  tx: Tx,
  digest: Buffer,
  { successor, graceMs }: { successor: Buffer; graceMs: number } = { successor: digest, graceMs: 0 },
) {
  const [row] = await tokenByDigest(tx).execute({ digest, successor, graceSeconds: graceMs / 1000 })
  return row
}

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
