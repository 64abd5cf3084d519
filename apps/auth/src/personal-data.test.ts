import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { dataMap } from './data-map.ts'
import { sessionHarness } from './sessions/harness.ts'

const { app, enter, signIn, join, inAuth, testIssuer } = await sessionHarness()

type Session = Awaited<ReturnType<typeof signIn>>
const claimsOf = ({ headers }: Session) =>
  JSON.parse(Buffer.from(headers.authorization.split('.')[1] ?? '', 'base64url').toString())

/** Asks as the directory does, on behalf of whose session it is. */
async function ask(session: Session, actor: string | undefined = 'directory') {
  const { sub, tid, sid } = claimsOf(session)
  const bearer = { subject: sub, tenantId: tid, sessionId: sid }
  const headers = await testIssuer.as(actor === undefined ? bearer : { ...bearer, actor })
  return app.inject({ url: '/api/internal/auth/personal-data', headers })
}

test('G3: who has just signed in is told of what auth holds on them, and of no secret', async () => {
  const [who, other] = await Promise.all([enter(), enter()])
  const session = await signIn(who)
  await signIn(other)
  const answer = await ask(session)
  expect(answer.statusCode).toBe(200)
  const { records, nextCursor } = answer.json()
  expect(nextCursor).toBeNull()
  expect(new Set(records.map(({ table }: { table: string }) => table))).toContain('sessions')
  expect(new Set(records.map(({ record }: { record: { userId: string } }) => record.userId))).toEqual(
    new Set([who.user.id]),
  )
  const secrets = Object.values(dataMap).flatMap((data) => ('secret' in data ? data.secret : []))
  const shown = new Set(records.flatMap(({ record }: { record: object }) => Object.keys(record)))
  expect(
    secrets.filter((column) => shown.has(column.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()))),
  ).toEqual([])
})

test('nobody is told but through the directory, whoever they are and however lately they signed in', async () => {
  const session = await signIn(await enter())
  for (const answer of [
    await ask(session, 'partner-gateway'),
    await app.inject({ url: '/api/internal/auth/personal-data', headers: session.headers }),
    await app.inject({
      url: '/api/internal/auth/personal-data',
      headers: await testIssuer.as({ kind: 'service', subject: 'directory', actor: 'directory' }),
    }),
  ])
    expect(answer.statusCode).toBe(403)
})

test('who signed in more than five minutes ago is to sign in again, also after a switch of tenant', async () => {
  const [who, host] = await Promise.all([enter(), enter()])
  await join(who.user.id, host.user.tenantId)
  const session = await signIn(who)
  const { sid } = claimsOf(session)
  await inAuth(sql`update sessions set created_at = created_at - interval '6 minutes',
    expires_at = expires_at - interval '6 minutes' where id = ${sid}`)
  const answer = await ask(session)
  expect(answer.statusCode).toBe(401)
  expect(answer.json()).toMatchObject({ code: 'auth.sign_in_again' })
  expect(answer.headers['www-authenticate']).toContain(
    'error="insufficient_user_authentication", max_age="300"',
  )

  const switched = await app.inject({
    method: 'POST',
    url: '/api/auth/switch-tenant',
    headers: session.headers,
    payload: { tenantId: host.user.tenantId },
  })
  expect(switched.statusCode).toBe(200)
  const headers = { authorization: `Bearer ${switched.json().accessToken}` }
  expect((await ask({ ...session, headers })).json()).toMatchObject({ code: 'auth.sign_in_again' })
})

test('who has signed out is told nothing', async () => {
  const session = await signIn(await enter())
  await app.inject({ method: 'POST', url: '/api/auth/logout', headers: session.headers })
  expect((await ask(session)).statusCode).toBe(401)
})
