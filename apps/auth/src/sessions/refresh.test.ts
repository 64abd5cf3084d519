import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { KeyEncryptionKeys } from '@gatehouse/keys/seal'
import { serverOptions } from '@gatehouse/testing/server-options'
import { eq, sql } from 'drizzle-orm'
import { describe, expect, test, vi } from 'vitest'
import { buildApp } from '../app.ts'
import { refreshTokens, sessions } from '../tables.ts'
import { sessionHarness } from './harness.ts'

const auth = await sessionHarness()
const { enter, signIn, refresh, story, inDirectory, inAuth, secondApp } = auth

const session = async (id: string) => {
  const [row] = await readInPlatform(auth.db, (tx) => tx.select().from(sessions).where(eq(sessions.id, id)))
  return row
}
/** An instance that derives the successors of refresh tokens by these. */
async function withKeys(refreshKeys: KeyEncryptionKeys) {
  const app = buildApp(serverOptions('auth', auth.testIssuer), { ...auth, refreshKeys })
  await app.ready()
  return app
}
const tokensOf = (sessionId: string) =>
  readInPlatform(auth.db, (tx) =>
    tx.select().from(refreshTokens).where(eq(refreshTokens.sessionId, sessionId)),
  )

describe('a refresh', () => {
  test('answers a new pair for the same session, which is noted as in use and told of', async () => {
    const who = await enter()
    const { refreshToken, sessionId } = await signIn(who)
    await inAuth(sql`update sessions set last_used_at = now() - interval '1 hour' where id = ${sessionId}`)
    const answer = await refresh(refreshToken)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ tokenType: 'Bearer', user: { id: who.user.id } })
    expect(answer.json().refreshToken).not.toBe(refreshToken)
    expect((await refresh(answer.json().refreshToken)).statusCode).toBe(200)
    expect(await story(sessionId)).toEqual(['session.started', 'session.refreshed', 'session.refreshed'])
    const after = await session(sessionId)
    expect(after?.lastUsedAt.getTime()).toBeGreaterThan(Date.now() - 60_000)
    expect(after?.version).toBe(3)
  })

  test('sees what the person may do now, not what they could when they signed in', async () => {
    const who = await enter()
    const { refreshToken } = await signIn(who)
    await inDirectory(sql`delete from role_assignments where user_id = ${who.user.id}`)
    expect((await refresh(refreshToken)).json().user).toMatchObject({ roles: [], permissions: [] })
  })

  test('of many people at once gives each their own, and one with a wrong token spoils none', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => enter()))
    const signedIn = await Promise.all(people.map((who) => signIn(who)))
    const tokens = signedIn.map(({ refreshToken }) => refreshToken)
    const wrong = tokens[0]?.replace(/.{10}$/, 'AAAAAAAAAA') ?? ''
    const answers = await Promise.all([wrong, ...tokens].map((token) => refresh(token)))
    expect(answers[0]?.statusCode).toBe(401)
    expect(answers.slice(1).map((answer) => answer.json().user?.id)).toEqual(
      people.map(({ user }) => user.id),
    )
  })
})

describe('one token used many times at once', () => {
  test('over two instances yields one successor to all, spends the token once, and the successor works', async () => {
    const { refreshToken, sessionId } = await signIn(await enter())
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => refresh(refreshToken, i % 2 === 0 ? auth.app : secondApp)),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    const successors = new Set(answers.map((answer) => answer.json().refreshToken))
    expect(successors.size).toBe(1)
    expect((await story(sessionId)).filter((event) => event === 'session.refreshed')).toHaveLength(1)
    expect((await tokensOf(sessionId)).filter(({ usedAt }) => usedAt === null)).toHaveLength(1)
    expect((await refresh([...successors][0])).statusCode).toBe(200)
  })
})

describe('a spent token', () => {
  test('answers the same successor to a client that missed the answer, within the grace', async () => {
    const { refreshToken, sessionId } = await signIn(await enter())
    const missed = (await refresh(refreshToken)).json().refreshToken
    expect((await refresh(refreshToken, secondApp)).json().refreshToken).toBe(missed)
    expect((await refresh(missed)).statusCode).toBe(200)
    expect(await story(sessionId)).not.toContain('session.reuse_detected')
  })

  test('costs a client whose connection broke nothing: it asks again and goes on', async () => {
    const { refreshToken, sessionId } = await signIn(await enter())
    const url = new URL(await secondApp.listen({ host: '127.0.0.1', port: 0 }))
    const body = JSON.stringify({ refreshToken })
    const head = `POST /api/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
    const socket = connect(Number(url.port), url.hostname)
    socket.write(`${head}\r\n\r\n${body}`)
    await vi.waitFor(async () => expect((await tokensOf(sessionId)).length).toBe(2), 10_000)
    socket.destroy()
    const again = await refresh(refreshToken)
    expect(again.statusCode).toBe(200)
    expect((await refresh(again.json().refreshToken)).statusCode).toBe(200)
  })

  const reuses = {
    'after the grace': async (sessionId: string) => {
      await inAuth(
        sql`update refresh_tokens set used_at = now() - interval '11 s' where session_id = ${sessionId} and used_at is not null`,
      )
    },
    'even within the grace, once its successor was used': async (_: string, successor: string) => {
      expect((await refresh(successor)).statusCode).toBe(200)
    },
  }
  test.each(Object.entries(reuses))(
    'that is used again %s ends its session, once: told, revoked, and mailed to the person',
    async (_, meanwhile) => {
      const who = await enter()
      const { refreshToken, sessionId } = await signIn(who)
      const { refreshToken: bystander } = await signIn(who)
      const successor = (await refresh(refreshToken)).json().refreshToken
      await meanwhile(sessionId, successor)
      const mails = async () =>
        (await inAuth(sql`select 1 from mails where tenant_id = ${who.user.tenantId}`)).length
      expect(await mails()).toBe(0)

      const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)))
      expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([401]))
      expect(answers[0]?.json()).toMatchObject({ code: 'auth.invalid_refresh_token' })
      expect((await refresh(successor)).statusCode).toBe(401)
      const told = await story(sessionId)
      expect(told.filter((event) => event === 'session.reuse_detected')).toHaveLength(1)
      expect(told.filter((event) => event === 'session.revoked')).toHaveLength(1)
      expect(await mails()).toBe(1)
      expect((await refresh(bystander)).statusCode).toBe(200)
    },
  )
})

test('a spent token is no reuse to an instance that has another key-encryption key first, as while that is replaced', async () => {
  const [old, next] = [auth.refreshKeys[0], randomBytes(32)]
  const [before, after] = await Promise.all([[old, next] as const, [next, old] as const].map(withKeys))
  for (const [one, other] of [
    [before, after],
    [after, before],
  ]) {
    const { refreshToken, sessionId } = await signIn(await enter())
    const missed = (await refresh(refreshToken, one)).json().refreshToken
    expect((await refresh(refreshToken, other)).json().refreshToken).toBe(missed)
    expect((await refresh(missed, other)).statusCode).toBe(200)
    expect(await story(sessionId)).not.toContain('session.reuse_detected')
  }
})

describe('a session', () => {
  test.each([
    ['has lived out its time', (id: string) => sql`update sessions set expires_at = now() where id = ${id}`],
    [
      'was not used for too long',
      (id: string) => sql`update refresh_tokens set expires_at = now() where session_id = ${id}`,
    ],
  ])('that %s is not gone on with', async (_, change) => {
    const { refreshToken, sessionId } = await signIn(await enter())
    await inAuth(change(sessionId))
    expect((await refresh(refreshToken)).statusCode).toBe(401)
    expect(await story(sessionId)).toEqual(['session.started'])
  })

  test('never gets a refresh token that outlives it', async () => {
    const { refreshToken, sessionId } = await signIn(await enter())
    await inAuth(sql`update sessions set expires_at = now() + interval '1 hour' where id = ${sessionId}`)
    expect((await refresh(refreshToken)).statusCode).toBe(200)
    const successor = (await tokensOf(sessionId)).find(({ usedAt }) => usedAt === null)
    expect(successor?.expiresAt).toEqual((await session(sessionId))?.expiresAt)
  })

  const withdrawals = {
    'was suspended': (userId: string) => sql`update users set status = 'suspended' where id = ${userId}`,
    'was deleted': (userId: string) => sql`update users set status = 'deleted' where id = ${userId}`,
    'is not verified yet': (userId: string) => sql`update users set status = 'pending' where id = ${userId}`,
    'has left the tenant': (userId: string) => sql`delete from memberships where user_id = ${userId}`,
    'is in a tenant that was suspended': (userId: string) =>
      sql`update tenants set status = 'suspended' where id = (select tenant_id from memberships where user_id = ${userId})`,
    'is in a tenant that was deleted': (userId: string) =>
      sql`update tenants set status = 'deleted' where id = (select tenant_id from memberships where user_id = ${userId})`,
    'is in a tenant that asks for a second factor now': (userId: string) =>
      sql`insert into tenant_settings (tenant_id, settings)
        select tenant_id, '{"features":{"mfaRequired":true}}' from memberships where user_id = ${userId}`,
  }
  test.each(Object.entries(withdrawals))(
    'of somebody who %s ends at the next refresh, and is revoked',
    async (_, change) => {
      const who = await enter()
      const { refreshToken, sessionId } = await signIn(who)
      await inDirectory(change(who.user.id))
      expect((await refresh(refreshToken)).statusCode).toBe(401)
      expect(await story(sessionId)).toEqual(['session.started', 'session.ended', 'session.revoked'])
      expect((await session(sessionId))?.endedAt).not.toBeNull()
    },
  )

  test('that began with a second factor goes on where the tenant has come to ask for one', async () => {
    const who = await enter()
    const { refreshToken } = await signIn(who, { amr: ['pwd', 'otp'] })
    await inDirectory(withdrawals['is in a tenant that asks for a second factor now'](who.user.id))
    expect((await refresh(refreshToken)).statusCode).toBe(200)
  })
})

describe('what is no refresh token', () => {
  test.each([
    ['truncated', (token: string) => token.slice(0, -1)],
    ['extended', (token: string) => `${token}A`],
    ['altered at its end', (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['of ids that are none', () => `gate_rt_${'A'.repeat(107)}`],
    ['another kind of token', (token: string) => token.replace('gate_rt_', 'gate_ott_')],
    ['an API key', () => `gate_live_${'A'.repeat(43)}`],
    ['the id of a session', (_: string, sessionId: string) => sessionId],
    ['the digest that is stored', (token: string) => Buffer.from(token).toString('hex')],
  ])('(%s) is refused, and its session goes on', async (_, forge) => {
    const { refreshToken, sessionId } = await signIn(await enter())
    const answer = await refresh(forge(refreshToken, sessionId))
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toMatchObject({ code: 'auth.invalid_refresh_token' })
    expect((await refresh(refreshToken)).statusCode).toBe(200)
  })

  test('cannot end the session that it names, whatever has become of the person', async () => {
    const who = await enter()
    const { refreshToken, sessionId } = await signIn(who)
    await inDirectory(sql`update users set status = 'suspended' where id = ${who.user.id}`)
    expect((await refresh(refreshToken.replace(/.{10}$/, 'AAAAAAAAAA'))).statusCode).toBe(401)
    expect((await session(sessionId))?.endedAt).toBeNull()
  })
})

test('an e-mail address that somebody else has taken over inherits no session', async () => {
  const email = `${crypto.randomUUID()}@people.example`
  const who = await enter({ email })
  const { refreshToken } = await signIn(who)
  await inDirectory(
    sql`update users set email = ${`gone-${email}`}, status = 'deleted' where id = ${who.user.id}`,
  )
  const heir = await enter({ email })
  const { headers } = await signIn(heir)
  const list = await auth.app.inject({ url: '/api/users/me/sessions', headers })
  expect(list.json().data).toHaveLength(1)
  expect((await refresh(refreshToken)).statusCode).toBe(401)
})
