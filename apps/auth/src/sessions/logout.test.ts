import { readInPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { harness, origin, somebody } from '../harness.ts'
import { sessions } from '../tables.ts'
import { startSession } from './start-session.ts'

const { app, as, ...deps } = await harness()

const logout = async (bearer: Parameters<typeof as>[0], payload?: object) =>
  app.inject({
    method: 'POST',
    url: '/api/auth/logout',
    headers: await as(bearer),
    ...(payload && { payload }),
  })

const live = async (userId: string) => {
  const all = await readInPlatform(deps.db, (tx) => tx.select().from(sessions))
  return all.filter((session) => session.userId === userId && session.endedAt === null).length
}

test('a person ends the session that they ask in, or all of theirs, and nobody else’s; asking again is no fault', async () => {
  const [one, other] = [somebody(), somebody()]
  for (const authority of [one, one, one, other])
    await startSession(deps, authority, { method: 'password', amr: ['pwd'] }, origin)
  const [first] = await readInPlatform(deps.db, (tx) => tx.select().from(sessions))
  const bearer = { subject: one.user.id, tenantId: one.user.tenantId, sessionId: first?.id ?? '' }

  expect((await logout(bearer)).statusCode).toBe(204)
  expect(await live(one.user.id)).toBe(2)
  expect((await logout(bearer)).statusCode).toBe(204)
  expect((await logout(bearer, { everywhere: true })).statusCode).toBe(204)
  expect([await live(one.user.id), await live(other.user.id)]).toEqual([0, 1])
})

test.each(['service', 'api_key', 'partner_client'] as const)(
  'a %s has no session, and ends none',
  async (kind) => {
    const authority = somebody()
    await startSession(deps, authority, { method: 'password', amr: ['pwd'] }, origin)
    const subject = kind === 'service' ? 'directory' : authority.user.id
    const answer = await logout({ kind, subject, tenantId: authority.user.tenantId }, { everywhere: true })
    expect(answer.statusCode).toBe(204)
    expect(await live(authority.user.id)).toBe(1)
  },
)
