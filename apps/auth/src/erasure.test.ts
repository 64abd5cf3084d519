import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { newcomer } from './harness.ts'
import { sessionHarness } from './sessions/harness.ts'

const { app, enter, signIn, refresh, inAuth, testIssuer } = await sessionHarness()

interface Signed {
  readonly accessToken: string
  readonly refreshToken: string
}

/** Asks as the directory does, on behalf of whose session it is. */
async function authorise({ accessToken }: Signed, payload: object, actor = 'directory') {
  const { sub, tid, sid } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString())
  const headers = await testIssuer.as({ subject: sub, tenantId: tid, sessionId: sid, actor })
  return app.inject({ method: 'POST', url: '/api/internal/auth/erasure-authorisations', headers, payload })
}

const register = async (given = newcomer()) => {
  const answer = await app.inject({ method: 'POST', url: '/api/auth/register', payload: given })
  return { ...given, ...(answer.json() as Signed & { user: { id: string } }) }
}

const erase = async (userId: string, permissions: readonly ['erasures:write'] | [] = ['erasures:write']) => {
  const headers = await testIssuer.as({ kind: 'service', subject: 'directory', permissions })
  return app.inject({
    method: 'POST',
    url: '/api/internal/auth/erasures',
    headers,
    payload: { userId, tenantIds: [] },
  })
}

test('G1: whoever wants to be erased shows their password; then they are signed out everywhere, and not before', async () => {
  const ada = await register()
  for (const proof of [{}, { password: 'the wrong horse and staple' }, { mfaCode: '123456' }]) {
    const refused = await authorise(ada, proof)
    expect(refused.statusCode).toBe(403)
    expect(refused.json()).toMatchObject({ code: 'auth.reauthentication_failed' })
  }
  const again = (await refresh(ada.refreshToken)).json()
  expect((await authorise(ada, { password: ada.password }, 'partner-gateway')).statusCode).toBe(403)
  expect((await authorise(ada, { password: ada.password })).statusCode).toBe(204)
  expect((await refresh(again.refreshToken)).statusCode).toBe(401)
})

test('G1: who has no password has just signed in', async () => {
  const who = await enter()
  const [old, fresh] = [await signIn(who), await signIn(who)]
  await inAuth(sql`update sessions set created_at = created_at - interval '6 minutes',
    expires_at = expires_at - interval '6 minutes' where id = ${old.sessionId}`)
  expect((await authorise(old, {})).json()).toMatchObject({ code: 'auth.sign_in_again' })
  expect((await refresh(old.refreshToken)).statusCode).toBe(200)
  expect((await authorise(fresh, {})).statusCode).toBe(204)
})

test('G1: what auth holds on a person is erased once, and the receipt stays the same however often it is asked for', async () => {
  const [ada, grace] = [await register(), await register()]
  const first = await erase(ada.user.id)
  expect(first.json()).toMatchObject({ erased: { credentials: 1, sessions: 1 } })
  expect((await erase(ada.user.id)).json()).toEqual(first.json())
  const login = ({ email, password }: typeof ada) =>
    app.inject({ method: 'POST', url: '/api/auth/login', payload: { email, password } })
  expect((await login(ada)).statusCode).toBe(401)
  expect((await login(grace)).statusCode).toBe(200)
  expect((await erase(grace.user.id, [])).statusCode).toBe(403)
})
