import { readInPlatform } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { sessions } from '../tables.ts'
import { sessionHarness } from './harness.ts'

const auth = await sessionHarness()
const { app, secondApp, enter, signIn, refresh, join, story, inDirectory, inAuth } = auth

const switchTo = (tenantId: string, headers: { authorization: string }) =>
  app.inject({ method: 'POST', url: '/api/auth/switch-tenant', headers, payload: { tenantId } })

const memberOfTwo = async () => {
  const [who, host] = await Promise.all([enter(), enter()])
  await join(who.user.id, host.user.tenantId)
  return { who, there: host.user.tenantId }
}
const sessionsOf = (userId: string) =>
  readInPlatform(auth.db, (tx) =>
    tx.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(sessions.id),
  )

test('whoever switches goes on in the other tenant, with what they showed and no longer than before; the old session ends', async () => {
  const { who, there } = await memberOfTwo()
  const before = await signIn(who, { amr: ['pwd', 'otp'] })
  await inAuth(sql`update sessions set expires_at = now() + interval '1 hour' where id = ${before.sessionId}`)
  const answer = await switchTo(there, before.headers)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({ user: { id: who.user.id, tenantId: there } })

  const [old, now] = await sessionsOf(who.user.id)
  expect(old?.endedAt).not.toBeNull()
  expect(now).toMatchObject({ tenantId: there, amr: ['pwd', 'otp'], endedAt: null })
  expect(Math.abs(Number(now?.expiresAt) - Number(old?.expiresAt))).toBeLessThan(2)
  expect(await story(before.sessionId)).toEqual(['session.started', 'session.ended', 'session.revoked'])
  expect(await story(now?.id ?? '')).toEqual(['session.started'])
  expect((await refresh(answer.json().refreshToken)).json().user.tenantId).toBe(there)
  expect((await refresh(before.refreshToken)).statusCode).toBe(401)
})

test('a client that missed the answer gets the same one by its refresh token, on any replica, as long as nobody has used it', async () => {
  const { who, there } = await memberOfTwo()
  const before = await signIn(who)
  const missed = (await switchTo(there, before.headers)).json()
  const again = await Promise.all([app, secondApp, app].map((of) => refresh(before.refreshToken, of)))
  for (const answer of again) {
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ refreshToken: missed.refreshToken, user: { tenantId: there } })
  }
  const next = await refresh(missed.refreshToken)
  expect(next.json().user.tenantId).toBe(there)
  expect((await refresh(before.refreshToken)).statusCode).toBe(401)
  expect((await refresh(next.json().refreshToken)).statusCode).toBe(200)
})

test.each<[string, (of: { userId: string; there: string; sessionId: string }) => Promise<unknown>]>([
  [
    'after the grace',
    ({ sessionId }) =>
      inAuth(sql`update sessions set ended_at = now() - interval '11 s' where id = ${sessionId}`),
  ],
  [
    'once the session there has ended',
    ({ there }) => inAuth(sql`update sessions set ended_at = now() where tenant_id = ${there}`),
  ],
  [
    'once the tenant there has suspended them',
    ({ userId, there }) =>
      inDirectory(
        sql`update memberships set status = 'suspended' where user_id = ${userId} and tenant_id = ${there}`,
      ),
  ],
])('nobody gets the answer to a switch by a refresh token %s', async (_, meanwhile) => {
  const { who, there } = await memberOfTwo()
  const { headers, refreshToken, sessionId } = await signIn(who)
  expect((await switchTo(there, headers)).statusCode).toBe(200)
  await meanwhile({ userId: who.user.id, there, sessionId })
  expect((await refresh(refreshToken)).statusCode).toBe(401)
})

test('a session that was ended and not switched is answered for by nothing', async () => {
  const { who } = await memberOfTwo()
  const { headers, refreshToken } = await signIn(who)
  await app.inject({ method: 'POST', url: '/api/auth/logout', headers })
  expect((await refresh(refreshToken)).statusCode).toBe(401)
})

test('a tenant that somebody is no member of is the same as one that never was, and their session goes on', async () => {
  const [who, other] = await Promise.all([enter(), enter()])
  const session = await signIn(who)
  for (const tenantId of [other.user.tenantId, crypto.randomUUID()]) {
    const answer = await switchTo(tenantId, session.headers)
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ code: 'tenant.not_found' })
  }
  expect((await refresh(session.refreshToken)).statusCode).toBe(200)
})

test('of ten switches at once one succeeds, and one session is left', async () => {
  const { who, there } = await memberOfTwo()
  const { headers } = await signIn(who)
  const answers = await Promise.all(Array.from({ length: 10 }, () => switchTo(there, headers)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(9).fill(401)])
  expect((await sessionsOf(who.user.id)).filter(({ endedAt }) => endedAt === null)).toHaveLength(1)
})

test('a session that has ended switches nowhere', async () => {
  const { who, there } = await memberOfTwo()
  const { headers, sessionId } = await signIn(who)
  await inAuth(sql`update sessions set ended_at = now() where id = ${sessionId}`)
  expect((await switchTo(there, headers)).statusCode).toBe(401)
})

test.each([
  [
    'is suspended',
    (_: string, there: string) => sql`update tenants set status = 'suspended' where id = ${there}`,
  ],
  [
    'has deleted',
    (_: string, there: string) => sql`update tenants set status = 'deleted' where id = ${there}`,
  ],
  [
    'sees them suspended',
    (userId: string, _: string) => sql`update users set status = 'suspended' where id = ${userId}`,
  ],
])('a tenant that %s lets nobody in', async (_, change) => {
  const { who, there } = await memberOfTwo()
  const { headers } = await signIn(who)
  await inDirectory(change(who.user.id, there))
  expect((await switchTo(there, headers)).statusCode).toBe(401)
  expect((await sessionsOf(who.user.id)).filter(({ endedAt }) => endedAt === null)).toHaveLength(1)
})

test('a tenant that asks for a second factor lets in who has shown one, and nobody who has not', async () => {
  const { who, there } = await memberOfTwo()
  await inDirectory(
    sql`insert into tenant_settings (tenant_id, settings) values (${there}, '{"features":{"mfaRequired":true}}')`,
  )
  const [without, withOne] = [await signIn(who), await signIn(who, { amr: ['pwd', 'otp'] })]
  const refused = await switchTo(there, without.headers)
  expect(refused.statusCode).toBe(403)
  expect(refused.json()).toMatchObject({ code: 'mfa_enrolment_required' })
  expect((await switchTo(there, withOne.headers)).statusCode).toBe(200)
  expect((await refresh(without.refreshToken)).statusCode).toBe(200)
})
