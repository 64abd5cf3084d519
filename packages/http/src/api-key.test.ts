import { randomBytes } from 'node:crypto'
import { formatApiKey } from '@gatehouse/contracts/api-key-format'
import type { Principal } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { authentication, endpoint, goodClaims, sendRaw, serve, sign } from './harness.ts'

const owner = crypto.randomUUID()
const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const newKey = () => {
  const id = crypto.randomUUID()
  return { id, key: formatApiKey(id, randomBytes(32)) }
}

/** The token that auth gives for a key. */
const tokenFor = (id: string, more: Record<string, unknown> = {}) =>
  sign({
    ...goodClaims('users:read'),
    sid: undefined,
    kind: 'api_key',
    sub: id,
    own: owner,
    aud: 'example',
    act: { sub: 'example' },
    iat: Date.now() / 1000,
    exp: Math.floor(Date.now() / 1000) + 600,
    ...more,
  })

type Exchange = (key: string) => Promise<string | undefined>

/** A service whose keys are exchanged like this, and what it was asked. */
async function setUp(exchange: Exchange) {
  const asked: string[] = []
  const revoked: ((principal: Principal, issuedAt: number) => boolean)[] = []
  const { app, url, lines } = await serve(
    (app) => app.route({ ...guarded, handler: async ({ principal }) => principal }),
    {
      authentication: {
        ...authentication,
        isRevoked: (principal, issuedAt) => revoked.some((isRevoked) => isRevoked(principal, issuedAt)),
        exchange: (key) => {
          asked.push(key)
          return exchange(key)
        },
      },
    },
  )
  const get = (headers: Record<string, string>) => app.inject({ url: '/api/guarded', headers })
  const asBearer = (key: string) => get({ authorization: `Bearer ${key}` })
  const asHeader = (key: string) => get({ 'x-api-key': key })
  return { app, url, lines, asked, revoked, get, asBearer, asHeader }
}

test('a key opens a route as a bearer token and as X-API-Key, and says whom it acts for and through whom', async () => {
  const { id, key } = newKey()
  const { asBearer, asHeader, asked } = await setUp(() => tokenFor(id))
  for (const answer of [await asBearer(key), await asHeader(key), await asBearer(key)]) {
    expect(answer.json()).toMatchObject({ kind: 'api_key', id, ownerId: owner, actors: ['example'] })
  }
  expect(asked).toEqual([key])
})

test('what a key may not do is forbidden, not unknown', async () => {
  const { id, key } = newKey()
  const { asHeader } = await setUp(() => tokenFor(id, { scope: 'roles:read' }))
  expect((await asHeader(key)).statusCode).toBe(403)
})

test('a key is exchanged once for all who come with it at once, however they bring it', async () => {
  const { id, key } = newKey()
  const { asBearer, asHeader, asked } = await setUp(() => tokenFor(id))
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => (n % 2 ? asBearer(key) : asHeader(key))),
  )
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
  expect(asked).toHaveLength(1)
})

test('two keys never share a result', async () => {
  const [one, two] = [newKey(), newKey()]
  const { asHeader } = await setUp((key) => tokenFor(key === one.key ? one.id : two.id))
  const answers = await Promise.all([one, two, one, two].map(({ key }) => asHeader(key)))
  expect(answers.map((answer) => answer.json().id)).toEqual([one.id, two.id, one.id, two.id])
})

test('a key with a typo is refused without anybody being asked', async () => {
  const { key } = newKey()
  const { asBearer, asHeader, asked } = await setUp(async () => undefined)
  const typos = [
    key.slice(0, -1),
    `${key}0`,
    key.replace('gate_live_', 'gate_test_'),
    `gate_live_${key}`,
    '',
    'x',
  ]
  for (const typo of typos) {
    expect((await asHeader(typo)).statusCode).toBe(401)
    expect((await asBearer(typo)).statusCode).toBe(401)
  }
  expect(asked).toEqual([])
})

test('a key that auth refuses is refused, and for ten seconds without asking again', async () => {
  const { id, key } = newKey()
  let isGood = false
  const { asHeader, asBearer, asked } = await setUp(async () => (isGood ? tokenFor(id) : undefined))
  for (const answer of [await asHeader(key), await asBearer(key), await asHeader(key)]) {
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="gatehouse", error="invalid_token"')
    expect(answer.json()).toMatchObject({ code: 'auth.invalid_token' })
  }
  expect(asked).toHaveLength(1)
  isGood = true
  vi.advanceTimersByTime(10_001)
  expect((await asHeader(key)).statusCode).toBe(200)
})

test('a key whose token was revoked with its owner’s rights is exchanged again, once, and goes on', async () => {
  const { id, key } = newKey()
  const { asHeader, asked, revoked } = await setUp(() => tokenFor(id))
  expect((await asHeader(key)).statusCode).toBe(200)
  const changedAt = Date.now()
  revoked.push((principal, issuedAt) => principal.ownerId === owner && issuedAt <= changedAt)
  vi.advanceTimersByTime(10)
  const answers = await Promise.all(Array.from({ length: 20 }, () => asHeader(key)))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
  expect((await asHeader(key)).statusCode).toBe(200)
  expect(asked).toHaveLength(2)
})

test('a key that was deleted is refused from the moment it is revoked', async () => {
  const { id, key } = newKey()
  let isLive = true
  const { asHeader, asBearer, asked, revoked } = await setUp(async () => (isLive ? tokenFor(id) : undefined))
  expect((await asHeader(key)).statusCode).toBe(200)
  isLive = false
  revoked.push((principal) => principal.id === id)
  for (let n = 0; n < 5; n++) {
    expect((await asHeader(key)).statusCode).toBe(401)
    expect((await asBearer(key)).statusCode).toBe(401)
  }
  expect(asked).toHaveLength(2)
})

test('a revoked key stays refused, even where auth still gives tokens for it', async () => {
  const { id, key } = newKey()
  const { asHeader, asked, revoked } = await setUp(() => tokenFor(id))
  revoked.push((principal) => principal.id === id)
  for (let n = 0; n < 5; n++) expect((await asHeader(key)).statusCode).toBe(401)
  expect(asked).toHaveLength(2)
})

test('a key whose owner’s rights change while it is exchanged is good all the same', async () => {
  const { id, key } = newKey()
  const { asHeader, asked, revoked } = await setUp(async () => {
    const token = await tokenFor(id)
    const changedAt = Date.now()
    if (asked.length === 1) revoked.push((_, issuedAt) => issuedAt <= changedAt)
    vi.advanceTimersByTime(1)
    return token
  })
  expect((await asHeader(key)).statusCode).toBe(200)
  expect(asked).toHaveLength(2)
})

test('at the end of its token a key is exchanged again', async () => {
  const { id, key } = newKey()
  const { asHeader, asked } = await setUp(() => tokenFor(id))
  expect((await asHeader(key)).statusCode).toBe(200)
  vi.advanceTimersByTime(601_000)
  expect((await asHeader(key)).statusCode).toBe(200)
  expect(asked).toHaveLength(2)
})

test('while auth is away a key that is not known yet gets a 503, and is good as soon as it is back', async () => {
  const { id, key } = newKey()
  let isAway = true
  const { asHeader } = await setUp(async () => {
    if (isAway) throw new Problem('auth.unavailable', 503, 'Away.', { headers: { 'retry-after': '1' } })
    return tokenFor(id)
  })
  const answer = await asHeader(key)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  isAway = false
  expect((await asHeader(key)).statusCode).toBe(200)
})

test.each([
  ['is for another service', { aud: 'audit' }],
  ['has expired', { exp: 1 }],
  ['is of another issuer', { iss: 'https://elsewhere.test' }],
])('what a key is exchanged for is checked like any other token: one that %s is refused', async (_, more) => {
  const { id, key } = newKey()
  const { asHeader } = await setUp(() => tokenFor(id, more))
  expect((await asHeader(key)).statusCode).toBe(401)
})

test('two credentials at once are refused, though each is good', async () => {
  const { id, key } = newKey()
  const { get, asHeader, url } = await setUp(() => tokenFor(id))
  expect((await asHeader(key)).statusCode).toBe(200)
  for (const authorization of [`Bearer ${await sign()}`, `Bearer ${key}`, 'Bearer', '']) {
    expect((await get({ authorization, 'x-api-key': key })).statusCode).toBe(401)
  }
  const twice = `GET /api/guarded HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\nX-API-Key: ${key}\r\n\r\n`
  expect(await sendRaw(url, twice)).toMatch(/^HTTP\/1.1 401 /)
})

test('where keys are not exchanged they are refused, and an access token is no API key', async () => {
  const { app } = await serve((app) => app.route({ ...guarded, handler: async () => ({}) }))
  const get = (key: string) => app.inject({ url: '/api/guarded', headers: { 'x-api-key': key } })
  expect((await get(newKey().key)).statusCode).toBe(401)
  expect((await get(await sign(goodClaims('users:read')))).statusCode).toBe(401)
})

test('no key, and nothing of its secret, is ever written to the log', async () => {
  const { id, key } = newKey()
  const { asHeader, asBearer, lines } = await setUp(() => tokenFor(id))
  await asHeader(key)
  await asBearer(key)
  await asHeader(`${key}x`)
  expect(JSON.stringify(lines)).not.toContain(key.slice(33, 60))
})
