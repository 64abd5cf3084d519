import { Problem } from '@gatehouse/contracts/problem'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { authentication, endpoint, goodClaims, serve, sign } from './harness.ts'

const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

async function setUp(introspect: (token: string) => Promise<boolean>) {
  const asked: string[] = []
  const feed = { fresh: false, revoked: false }
  const { app } = await serve(
    (app) => app.route({ ...guarded, handler: async ({ principal }) => principal }),
    {
      authentication: {
        ...authentication,
        isRevoked: () => feed.revoked,
        isFresh: () => feed.fresh,
        introspect: (token) => {
          asked.push(token)
          return introspect(token)
        },
      },
    },
  )
  const get = (token: string) =>
    app.inject({ url: '/api/guarded', headers: { authorization: `Bearer ${token}` } })
  const statuses = async (token: string, count: number) =>
    (await Promise.all(Array.from({ length: count }, () => get(token)))).map(({ statusCode }) => statusCode)
  return { get, statuses, asked, feed }
}

const token = await sign(goodClaims('users:read'))
const loggedOut = await sign(goodClaims('users:read'))

test('while the feed is stale, a token that has been revoked is refused at the word of auth, and the others pass', async () => {
  const { get, asked } = await setUp(async (asked) => asked !== loggedOut)
  expect((await get(token)).statusCode).toBe(200)
  const refused = await get(loggedOut)
  expect(refused.statusCode).toBe(401)
  expect(refused.json()).toMatchObject({ code: 'auth.invalid_token' })
  expect(asked).toEqual([token, loggedOut])
})

test('auth is asked once a second for each token, and once for all who wait', async () => {
  const { statuses, asked } = await setUp(async () => true)
  expect(new Set(await statuses(token, 50))).toEqual(new Set([200]))
  vi.advanceTimersByTime(999)
  expect(await statuses(token, 1)).toEqual([200])
  expect(asked).toHaveLength(1)
  vi.advanceTimersByTime(2)
  expect(await statuses(token, 1)).toEqual([200])
  expect(asked).toHaveLength(2)
})

test('a token that is revoked meanwhile is refused a second later', async () => {
  let isActive = true
  const { statuses } = await setUp(async () => isActive)
  expect(await statuses(token, 1)).toEqual([200])
  isActive = false
  vi.advanceTimersByTime(1001)
  expect(await statuses(token, 2)).toEqual([401, 401])
})

test('where auth cannot be asked the answer is a 503 with Retry-After, and the next request asks again', async () => {
  let isAway = true
  const { get, statuses } = await setUp(async () => {
    if (isAway) throw new Problem('auth.unavailable', 503, 'Away.', { headers: { 'retry-after': '5' } })
    return true
  })
  const answer = await get(token)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('5')
  isAway = false
  expect(await statuses(token, 1)).toEqual([200])
})

test('a service that has nobody to ask answers 503 rather than believe a stale feed', async () => {
  const { app } = await serve((app) => app.route({ ...guarded, handler: async () => ({}) }), {
    authentication: { ...authentication, isFresh: () => false },
  })
  const answer = await app.inject({ url: '/api/guarded', headers: { authorization: `Bearer ${token}` } })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
})

test('what the feed has heard of is refused without asking, and a fresh feed asks nobody', async () => {
  const { statuses, asked, feed } = await setUp(async () => true)
  feed.revoked = true
  expect(await statuses(token, 1)).toEqual([401])
  Object.assign(feed, { fresh: true, revoked: false })
  expect(await statuses(token, 3)).toEqual([200, 200, 200])
  expect(asked).toEqual([])
})

test('a token that is not valid is refused without asking', async () => {
  const { statuses, asked } = await setUp(async () => true)
  expect(await statuses(`${token}x`, 1)).toEqual([401])
  expect(asked).toEqual([])
})
