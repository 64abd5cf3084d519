import { createHash, randomBytes } from 'node:crypto'
import { inPlatform } from '@gatehouse/db/tenant'
import type { ReceivedEvent } from '@gatehouse/events/envelope'
import { mails } from '@gatehouse/mail/mails'
import { sweepErasure } from '@gatehouse/testing/erasure-sweep'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { harness } from './api-keys/harness.ts'
import { departuresOf } from './app.ts'
import { dataMap } from './data-map.ts'
import { forgetAgain, forgetPerson } from './departures/follow-departures.ts'
import { followDirectory } from './departures/harness.ts'
import { inDirectory, newcomer } from './harness.ts'
import {
  linkedIdentities,
  mfaFactors,
  oneTimeTokens,
  recoveryCodes,
  registrations,
  socialLogins,
} from './tables.ts'

const auth = await harness()
const { app, db } = auth
const { told, rows, possessions } = await followDirectory(auth)

const post = (path: string, payload: object) =>
  app.inject({ method: 'POST', url: `/api/auth/${path}`, payload })

/** Somebody with a session, and an API key in their tenant. */
async function register(given = newcomer()) {
  const { user, accessToken, refreshToken } = (await post('register', given)).json()
  const headers = { authorization: `Bearer ${accessToken}` }
  const key = (await auth.create(headers, { userId: user.id })).json()
  return { ...given, id: user.id as string, tenantId: user.tenantId as string, headers, refreshToken, key }
}

/** Gives somebody a row of everything that people can have here. */
const endow = ({ id: userId, tenantId, email }: { id: string; tenantId: string; email: string }) =>
  inPlatform(db, async (tx) => {
    const [expiresAt, digest] = [new Date(Date.now() + 60_000), () => randomBytes(32)]
    const provider = 'github' as const
    await tx
      .insert(mfaFactors)
      .values({ id: uuidv7(), userId, kind: 'totp', sealedSecret: '', confirmedAt: new Date() })
    await tx.insert(recoveryCodes).values({ digest: digest(), userId })
    await tx
      .insert(oneTimeTokens)
      .values({ digest: digest(), purpose: 'reset_password', userId, tenantId, email, expiresAt })
    await tx
      .insert(linkedIdentities)
      .values({ provider, issuer: 'https://github.com', subject: userId, userId })
    const login = { stateDigest: digest(), browserDigest: digest(), provider, sealedSecrets: '' }
    await tx.insert(socialLogins).values({ ...login, linkUserId: userId, expiresAt })
    const person = { userId, tenantId, email, firstName: 'Ada', lastName: 'Lovelace' }
    const registration = {
      userId,
      person,
      origin: { correlationId: 'test', sourceIp: undefined, userAgent: undefined, traceparent: undefined },
    }
    await tx.insert(registrations).values({ ...registration, nextAttemptAt: expiresAt })
    const over = { sentAt: new Date(), failedAt: new Date() }
    await tx.insert(mails).values({ id: uuidv7(), tenantId, subjectId: userId, ...over })
  })

/** Takes somebody out of the directory, as if they had never been there. */
async function forget(userId: string) {
  for (const table of ['role_assignments', 'memberships'])
    await inDirectory(sql`delete from ${sql.identifier(table)} where user_id = ${userId}`)
  await inDirectory(sql`delete from users where id = ${userId}`)
}

test('deleting a person removes everything that is theirs, and nothing of anybody else', async () => {
  const [person, other] = [await register(), await register()]
  await endow(person)
  await endow(other)
  const before = await possessions(person.id)
  expect(Object.keys(before)).toContain('sessions')
  expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([])

  await told('user.deleted', { tenantId: person.tenantId, data: { userId: person.id } })

  expect(Object.entries(await possessions(person.id)).filter(([, count]) => count !== 0)).toEqual([])
  expect(await possessions(other.id)).toEqual(before)
  const [tokens] = await rows<{ n: number }>(
    sql`select count(*)::int as n from refresh_tokens where tenant_id = ${person.tenantId}`,
  )
  expect(tokens?.n).toBe(0)
  expect(await auth.isRevoked(person.key.id)).toBe(true)
  expect(
    await rows(sql`select 1 from outbox where subject like 'revocation.auth.session.%'
    and tenant_id = ${person.tenantId}`),
  ).toHaveLength(1)
})

sweepErasure(db, dataMap, {
  async endow() {
    const person = await register()
    await endow(person)
    return person.id
  },
  erase: (userId) => forgetPerson(db, userId),
})

test('G2: who was erased and is back from a backup is erased again, and nobody else', async () => {
  const [ada, grace] = [await register(), await register()]
  await endow(ada)
  const digests = [ada.id, crypto.randomUUID()].map((id) => createHash('sha256').update(id).digest('hex'))
  expect(await forgetAgain(db, digests)).toBe(1)
  expect(await forgetAgain(db, digests)).toBe(0)
  expect(Object.values(await possessions(ada.id)).every((count) => count === 0)).toBe(true)
  expect(await possessions(grace.id)).toMatchObject({ sessions: 1, api_keys: 1 })
})

test('what a deleted person had goes in one step: all of it is there until none of it is', async () => {
  const person = await register()
  await endow(person)
  const before = await possessions(person.id)
  let deletion = Promise.resolve()
  await inPlatform(db, async (tx) => {
    await tx.execute(sql`select 1 from one_time_tokens where user_id = ${person.id} for update`)
    deletion = told('user.deleted', { tenantId: person.tenantId, data: { userId: person.id } })
    await vi.waitFor(async () => {
      const waiting = await rows(sql`select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`)
      expect(waiting).toHaveLength(1)
    }, 10_000)
    expect(await possessions(person.id)).toEqual(before)
  })
  await deletion
  expect(Object.values(await possessions(person.id)).every((count) => count === 0)).toBe(true)
})

test('whoever registers with the address of a deleted person inherits nothing: no password, session, key, factor or link', async () => {
  const person = await register()
  await endow(person)
  await forget(person.id)
  await told('user.deleted', { tenantId: person.tenantId, data: { userId: person.id } })
  const { email } = person
  const heir = await register(newcomer({ email, password: 'an entirely different phrase' }))

  expect((await post('login', { email, password: person.password })).statusCode).toBe(401)
  expect((await post('refresh', { refreshToken: person.refreshToken })).statusCode).toBe(401)
  expect((await auth.exchange(person.key.key)).statusCode).toBe(400)
  expect((await post('login', { email, password: heir.password })).statusCode).toBe(200)
  const { data: keys } = (await auth.list(heir.headers)).json()
  expect(keys.map(({ id }: { id: string }) => id)).toEqual([heir.key.id])
  expect(await possessions(heir.id)).toMatchObject({
    mfa_factors: 0,
    linked_identities: 0,
    one_time_tokens: 1,
  })
})

test('a person who left a tenant loses their sessions and API keys there, and keeps those elsewhere', async () => {
  const [person, colleague] = [await register(), await register()]
  const { id: userId, tenantId } = person
  const elsewhere = { tenantId: uuidv7(), sessionId: uuidv7(), keyId: uuidv7() }
  await inPlatform(db, async (tx) => {
    await tx.execute(sql`insert into sessions (id, tenant_id, user_id, expires_at)
      values (${elsewhere.sessionId}, ${elsewhere.tenantId}, ${userId}, now() + interval '1 day')`)
    await tx.execute(sql`insert into api_keys (id, tenant_id, user_id, name, prefix, last_four, digest, scopes)
      values (${elsewhere.keyId}, ${elsewhere.tenantId}, ${userId}, 'ci', 'gate_live_', '1234', '', '{}')`)
    await tx.execute(sql`update sessions set tenant_id = ${tenantId} where user_id = ${colleague.id}`)
    await tx.execute(sql`update api_keys set tenant_id = ${tenantId} where user_id = ${colleague.id}`)
  })
  const live = () =>
    rows(sql`select tenant_id, user_id from sessions where ended_at is null and user_id in (${userId}, ${colleague.id})
      union all select tenant_id, user_id from api_keys where revoked_at is null and user_id in (${userId}, ${colleague.id})
      order by 1, 2`)
  expect(await live()).toHaveLength(6)

  await told('membership.removed', { tenantId, data: { userId, by: 'administrator' } })

  const kept = [
    { tenant_id: elsewhere.tenantId, user_id: userId },
    { tenant_id: tenantId, user_id: colleague.id },
  ]
  const both = kept.flatMap((row) => [row, row])
  expect(await live()).toEqual(expect.arrayContaining(both))
  expect(await live()).toHaveLength(4)
  expect(await auth.isRevoked(person.key.id)).toBe(true)
  expect((await auth.toldOf(person.key.id)).at(-1)).toMatchObject({
    subject: 'identity.auth.api_key.revoked',
    payload: { actorid: 'auth', data: { userId } },
  })
  const endings = await rows(sql`select payload from outbox
    where subject = 'identity.auth.session.ended' and tenant_id = ${tenantId}`)
  expect(endings).toMatchObject([{ payload: { data: { userId, reason: 'access_withdrawn' } } }])
})

test('T6: who has another address is signed out everywhere and keeps their keys; who signs in with it stays', async () => {
  const [person, other] = [await register(), await register()]
  const { id: userId, tenantId } = person
  const changed = { tenantId, data: { userId } }
  await told('user.email_changed', changed)
  expect((await post('refresh', { refreshToken: person.refreshToken })).statusCode).toBe(401)
  const [ended] = await rows<{ payload: object }>(sql`select payload from outbox
    where subject = 'identity.auth.session.ended' and tenant_id = ${tenantId}`)
  expect(ended).toMatchObject({ payload: { data: { userId, reason: 'email_changed' } } })
  expect(
    await rows(sql`select from outbox where subject like 'revocation.auth.session.%'
    and tenant_id = ${tenantId}`),
  ).toHaveLength(1)
  expect(await auth.isRevoked(person.key.id)).toBe(false)
  expect((await post('refresh', { refreshToken: other.refreshToken })).statusCode).toBe(200)

  const { email, password } = person
  const { refreshToken } = (await post('login', { email, password })).json()
  await told('user.email_changed', { ...changed, time: new Date(Date.now() - 60_000) })
  expect((await post('refresh', { refreshToken })).statusCode).toBe(200)
})

test('of somebody who is deleted nothing more is told, though they leave their tenants in the same moment', async () => {
  const { id: userId, tenantId, key } = await register()
  const envelope = { tenantid: tenantId, time: new Date().toISOString(), correlationid: 'test-0001' }
  const event = (name: string) =>
    ({ envelope, declared: { name, data: { userId } } }) as unknown as ReceivedEvent
  await departuresOf(auth)([event('membership.removed'), event('user.deleted')])
  const told = (await auth.toldOf(key.id)).map(({ subject }) => subject)
  expect(told).toEqual(['identity.auth.api_key.created'])
  expect(await auth.isRevoked(key.id)).toBe(true)
})

test('who is back in a tenant keeps what they have got there since, however often it is told that they left', async () => {
  const { id: userId, tenantId } = await register()
  const left = { tenantId, data: { userId, by: 'themselves' }, time: new Date(Date.now() - 60_000) } as const
  await told('membership.removed', left)
  await told('membership.removed', left)
  const live = await rows(sql`select id from sessions where user_id = ${userId} and ended_at is null
    union all select id from api_keys where user_id = ${userId} and revoked_at is null`)
  expect(live).toHaveLength(2)
})

test('a tenant that is gone for good leaves nothing behind, however much it had, and other tenants lose nothing', async () => {
  const [person, other] = [await register(), await register()]
  await inPlatform(db, (tx) =>
    tx.execute(sql`insert into sessions (id, tenant_id, user_id, expires_at)
      select gen_random_uuid(), ${person.tenantId}, gen_random_uuid(), now() from generate_series(1, 1001)`),
  )
  await told('tenant.purged', { tenantId: person.tenantId, data: { members: 1 } })
  const left = (tenantId: string) =>
    rows(sql`select 1 from sessions where tenant_id = ${tenantId} union all
      select 1 from refresh_tokens where tenant_id = ${tenantId} union all
      select 1 from api_keys where tenant_id = ${tenantId} union all
      select 1 from one_time_tokens where tenant_id = ${tenantId}`)
  expect(await left(person.tenantId)).toEqual([])
  expect(await left(other.tenantId)).toHaveLength(4)
})
