import { prepared, statement } from '@gatehouse/db/orm'
import type { Tx } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Amr } from '../sign-in.ts'
import { refreshTokens, sessions } from '../tables.ts'
import { goesOn } from './repository.ts'

const given = (name: string) => sql.placeholder(name)

/** So many seconds from now, or ago, by the database's clock, which all replicas share. */
const fromNowIn = (seconds: string) => sql`now() + make_interval(secs => ${given(seconds)}::float8)`
const ago = (seconds: string) => sql`now() - make_interval(secs => ${given(seconds)}::float8)`

/** A session that begins, its first refresh token, and the event that tells of it. */
export interface Beginning {
  readonly id: string
  readonly tenantId: string
  readonly userId: string
  readonly sourceIp: string | null
  readonly userAgent: string | null
  readonly amr: readonly Amr[]
  readonly lifeMs: number
  /** When it is to end all the same, if it continues another. */
  readonly endsAt: Date | undefined
  readonly digest: Buffer
  /** How long the refresh token is good for; no longer than the session. */
  readonly idleMs: number
  readonly event: Pick<typeof outbox.$inferInsert, 'eventId' | 'subject' | 'payload'>
}

const begin = prepared((orm) =>
  statement(
    orm,
    sql`
    with begun as (
      insert into ${sessions} (id, tenant_id, user_id, source_ip, user_agent, amr, expires_at)
      values (${given('id')}, ${given('tenantId')}, ${given('userId')}, ${given('sourceIp')}, ${given('userAgent')},
        ${given('amr')}::text[], coalesce(${given('endsAt')}::timestamptz, ${fromNowIn('lifeSeconds')}))
      returning id, tenant_id, version, expires_at
    ), followed as (
      insert into ${refreshTokens} (digest, tenant_id, session_id, expires_at)
      select ${given('digest')}::bytea, tenant_id, id, least(${fromNowIn('idleSeconds')}, expires_at) from begun
    )
    insert into ${outbox} (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
    select ${given('eventId')}::uuid, ${given('subject')}, tenant_id, 'session', id::text, version, ${given('payload')}::json
    from begun`,
  ),
)

/** Puts in a session and its first refresh token, and tells of it, all in one statement. */
export async function beginSession(tx: Tx, { lifeMs, idleMs, endsAt, event, ...session }: Beginning) {
  await begin(tx).execute({
    ...session,
    lifeSeconds: lifeMs / 1000,
    idleSeconds: idleMs / 1000,
    endsAt: endsAt?.toISOString() ?? null,
    eventId: event.eventId,
    subject: event.subject,
    payload: JSON.stringify(event.payload),
  })
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
  // In one order everywhere, so that two statements with the same tokens don't wait for each other.
  const sorted = rotations.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
  const values = { rotations: JSON.stringify(sorted.map(rowOf)), idleSeconds: idleMs / 1000 }
  const spent = await rotateAll(tx).execute(values)
  return new Set(spent.map(({ digest }) => digest))
}

// By `any`, and a session by a subquery, the indexes are used however few rows PostgreSQL expects to be left by row-level
// security: joined, it would begin with all sessions there are, and look for each among all that are asked about.
const rotateAll = prepared((orm) =>
  statement<{ digest: string }>(
    orm,
    sql`
    with asked as (
      select decode(digest, 'hex') digest, decode(successor, 'hex') successor, needs, event_id, subject, payload
      from json_to_recordset(${given('rotations')}::json)
        as a(digest text, successor text, needs boolean, event_id uuid, subject text, payload jsonb)
    ), spent as (
      update ${refreshTokens} t set used_at = now()
      from asked a
      where t.digest = any(array(select digest from asked)) and t.digest = a.digest and t.used_at is null and t.expires_at > now()
        and (
          select s.ended_at is null and s.expires_at > now()
            and (not a.needs or s.amr && ${sql.raw(`'{${secondFactorAmr}}'`)})
          from ${sessions} s where s.id = t.session_id)
      returning t.session_id, a.*
    ), used as (
      update ${sessions} s set last_used_at = now(), version = version + 1
      from spent where s.id = spent.session_id and s.ended_at is null
      returning s.id, s.tenant_id, s.version, s.expires_at, spent.*
    ), followed as (
      insert into ${refreshTokens} (digest, tenant_id, session_id, expires_at)
      select successor, tenant_id, id, least(${fromNowIn('idleSeconds')}, expires_at) from used
    ), told as (
      insert into ${outbox}
        (event_id, subject, tenant_id, aggregate_type, aggregate_id, aggregate_version, payload)
      select event_id, subject, tenant_id, 'session', id::text, version,
        (payload || jsonb_build_object('aggregateversion', version))::json
      from used
    )
    select encode(digest, 'hex') as digest from used`,
  ),
)

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

/** What is stored of the refresh token of a session that has not been spent. */
export async function unspent(tx: Tx, sessionId: string) {
  const [row] = await tx
    .select({ digest: refreshTokens.digest })
    .from(refreshTokens)
    .where(and(eq(refreshTokens.sessionId, sessionId), isNull(refreshTokens.usedAt)))
  return row?.digest
}

/** The session that has taken the place of the one that a refresh token is of, since so long ago at most. */
export async function continuedLately(tx: Tx, digest: Buffer, graceMs: number) {
  const next = alias(sessions, 'next')
  const [row] = await tx
    .select({ sessionId: next.id, userId: next.userId, tenantId: next.tenantId })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(next, eq(next.id, sessions.continuedBy))
    .where(
      and(
        eq(refreshTokens.digest, digest),
        gt(sessions.endedAt, sql`now() - make_interval(secs => ${graceMs / 1000}::float8)`),
      ),
    )
  return row
}
