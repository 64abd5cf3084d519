import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { origin } from '../harness.ts'
import { sessionHarness } from './harness.ts'

const auth = await sessionHarness()
const { app, as, enter, signIn, refresh, join, story, ending, inAuth } = auth

type Headers = { authorization: string }
const get = (url: string, headers: Headers) => app.inject({ url: `/api/users${url}`, headers })
const end = (url: string, headers: Headers) =>
  app.inject({ method: 'DELETE', url: `/api/users${url}`, headers })
const idsOf = (answer: Awaited<ReturnType<typeof get>>) =>
  answer.json().data.map(({ id }: { id: string }) => id)

test('a person sees the devices that they are signed in on in all of their tenants, newest first, and nobody else’s', async () => {
  const [who, somebodyElse] = await Promise.all([enter(), enter()])
  await join(who.user.id, somebodyElse.user.tenantId)
  const elsewhere = { ...who, user: { ...who.user, tenantId: somebodyElse.user.tenantId } }
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  const first = await signIn(who, { from: { ...origin, userAgent: firefox } })
  const second = await signIn(elsewhere, { from: { ...origin, userAgent: 'curl/8.5.0' } })
  await signIn(somebodyElse)

  const answer = await get('/me/sessions', first.headers)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    data: [
      { id: second.sessionId, tenantId: somebodyElse.user.tenantId, device: 'curl', isCurrent: false },
      { id: first.sessionId, tenantId: who.user.tenantId, device: 'Firefox on Linux', isCurrent: true },
    ],
    nextCursor: null,
  })
  expect(answer.json().data[1]).toMatchObject({ userAgent: firefox, sourceIp: '192.0.2.1', amr: ['pwd'] })
})

test('a person pages through their sessions and meets each once; what has ended or lain idle is none', async () => {
  const who = await enter()
  const all = []
  for (let n = 0; n < 5; n++) all.push(await signIn(who))
  const [ended, idle, lived, ...live] = all.map(({ sessionId }) => sessionId)
  await inAuth(sql`update sessions set ended_at = now() where id = ${ended}`)
  await inAuth(sql`update sessions set last_used_at = now() - interval '8 d' where id = ${idle}`)
  await inAuth(sql`update sessions set expires_at = now() where id = ${lived}`)
  const headers = all[4]?.headers as Headers
  const page = await get('/me/sessions?limit=1', headers)
  const next = await get(`/me/sessions?limit=1&cursor=${page.json().nextCursor}`, headers)
  expect([...idsOf(page), ...idsOf(next)]).toEqual(live.toReversed())
  expect(next.json().nextCursor).toBeNull()
  expect((await get('/me/sessions?page=1', headers)).json().total).toBe(2)
})

test('a person signs out one device, or all but the one that asks, in whichever tenant; each is revoked and told of', async () => {
  const who = await enter()
  const [here, one, two, three] = [await signIn(who), await signIn(who), await signIn(who), await signIn(who)]
  expect((await end(`/me/sessions/${one.sessionId}`, here.headers)).statusCode).toBe(204)
  expect(idsOf(await get('/me/sessions', here.headers))).toEqual([
    three.sessionId,
    two.sessionId,
    here.sessionId,
  ])
  expect((await end('/me/sessions', here.headers)).statusCode).toBe(204)
  expect(idsOf(await get('/me/sessions', here.headers))).toEqual([here.sessionId])
  for (const { sessionId, refreshToken } of [one, two, three]) {
    expect(await story(sessionId)).toEqual(['session.started', 'session.ended', 'session.revoked'])
    expect(await ending(sessionId)).toMatchObject({
      actortype: 'user',
      actorid: who.user.id,
      data: { userId: who.user.id, reason: 'ended_by_owner' },
    })
    expect((await refresh(refreshToken)).statusCode).toBe(401)
  }
  expect((await refresh(here.refreshToken)).statusCode).toBe(200)
})

test('a person is told the same of a session that is somebody else’s, that has ended, and that never was', async () => {
  const [who, other] = await Promise.all([enter(), enter()])
  const [mine, ended, theirs] = [await signIn(who), await signIn(who), await signIn(other)]
  await end(`/me/sessions/${ended.sessionId}`, mine.headers)
  const answers = await Promise.all(
    [theirs.sessionId, ended.sessionId, crypto.randomUUID()].map((id) =>
      end(`/me/sessions/${id}`, mine.headers),
    ),
  )
  for (const answer of answers) {
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ code: 'session.not_found' })
  }
  expect((await refresh(theirs.refreshToken)).statusCode).toBe(200)
})

test.each(['service', 'api_key', 'partner_client'] as const)(
  'a person is no %s: that has no devices',
  async (kind) => {
    const headers = await as({ kind, subject: kind === 'service' ? 'directory' : crypto.randomUUID() })
    expect((await get('/me/sessions', headers)).statusCode).toBe(403)
    expect((await end('/me/sessions', headers)).statusCode).toBe(403)
  },
)
