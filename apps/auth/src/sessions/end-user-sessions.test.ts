import { platformTenantId } from '@gatehouse/contracts/principal'
import { expect, test } from 'vitest'
import { sessionHarness } from './harness.ts'

const auth = await sessionHarness()
const { app, as, enter, signIn, refresh, join, story, ending } = auth

type Headers = { authorization: string }
const get = (url: string, headers: Headers) => app.inject({ url: `/api/users${url}`, headers })
const end = (url: string, headers: Headers) =>
  app.inject({ method: 'DELETE', url: `/api/users${url}`, headers })
const idsOf = (answer: Awaited<ReturnType<typeof get>>) =>
  answer.json().data.map(({ id }: { id: string }) => id)

const permissions = ['sessions:read', 'sessions:write'] as const
const setUp = async () => {
  const who = await enter()
  const elsewhere = await enter()
  await join(who.user.id, elsewhere.user.tenantId)
  const here = await signIn(who)
  const there = await signIn({ ...who, user: { ...who.user, tenantId: elsewhere.user.tenantId } })
  return { who, elsewhere, here, there, userId: who.user.id }
}

test('an administrator sees and ends the sessions that a person has in the administrator’s tenant, and no others', async () => {
  const { who, here, there, userId } = await setUp()
  const administrator = crypto.randomUUID()
  const headers = await as({ subject: administrator, tenantId: who.user.tenantId, permissions })
  expect(idsOf(await get(`/${userId}/sessions`, headers))).toEqual([here.sessionId])

  expect((await end(`/${userId}/sessions/${there.sessionId}`, headers)).statusCode).toBe(404)
  expect((await end(`/${userId}/sessions`, headers)).statusCode).toBe(204)
  expect(idsOf(await get(`/${userId}/sessions`, headers))).toEqual([])
  expect((await refresh(here.refreshToken)).statusCode).toBe(401)
  expect((await refresh(there.refreshToken)).statusCode).toBe(200)
  expect(await story(here.sessionId)).toEqual(['session.started', 'session.ended', 'session.revoked'])
  expect(await ending(here.sessionId)).toMatchObject({
    actortype: 'user',
    actorid: administrator,
    data: { userId, reason: 'ended_by_administrator' },
  })
})

test('an administrator ends one session of a person, and only by the name of that person', async () => {
  const { who, here, userId } = await setUp()
  const headers = await as({ tenantId: who.user.tenantId, permissions })
  expect((await end(`/${crypto.randomUUID()}/sessions/${here.sessionId}`, headers)).statusCode).toBe(404)
  expect((await end(`/${userId}/sessions/${here.sessionId}`, headers)).statusCode).toBe(204)
  expect((await end(`/${userId}/sessions/${here.sessionId}`, headers)).statusCode).toBe(404)
})

test('an administrator of another tenant is told the same as of a person and a session that never were', async () => {
  const { here, userId } = await setUp()
  const headers = await as({ permissions })
  const nobody = crypto.randomUUID()
  const told = async (request: Promise<Awaited<ReturnType<typeof get>>>) => {
    const { statusCode, body } = await request
    const { instance: _, requestId: __, ...document } = JSON.parse(body)
    return { statusCode, document }
  }
  const pairs = [
    [get(`/${userId}/sessions`, headers), get(`/${nobody}/sessions`, headers)],
    [end(`/${userId}/sessions`, headers), end(`/${nobody}/sessions`, headers)],
    [
      end(`/${userId}/sessions/${here.sessionId}`, headers),
      end(`/${nobody}/sessions/${crypto.randomUUID()}`, headers),
    ],
  ] as const
  for (const [theirs, missing] of pairs) {
    const answer = await told(theirs)
    expect(answer.statusCode).toBe(404)
    expect(answer).toEqual(await told(missing))
  }
  expect((await refresh(here.refreshToken)).statusCode).toBe(200)
})

test('an administrator of the platform sees and ends a person’s sessions in every tenant', async () => {
  const { here, there, userId } = await setUp()
  const everywhere = [...permissions, 'platform:read', 'platform:write'] as const
  const headers = await as({ tenantId: platformTenantId, permissions: everywhere })
  expect(idsOf(await get(`/${userId}/sessions`, headers))).toEqual([there.sessionId, here.sessionId])
  expect((await end(`/${userId}/sessions/${there.sessionId}`, headers)).statusCode).toBe(204)
  expect((await end(`/${userId}/sessions`, headers)).statusCode).toBe(204)
  expect(idsOf(await get(`/${userId}/sessions`, headers))).toEqual([])
})
