import type { Denial } from '@gatehouse/contracts/access-events'
import { formatApiKey } from '@gatehouse/contracts/api-key-format'
import { forbidden, tooManyRequests } from '@gatehouse/contracts/problems'
import { generateKeyPair } from 'jose'
import { beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { as, authentication, endpoint, goodClaims, open, sendRaw, serve, sign, subject } from './harness.ts'

const told: Denial[] = []
const revoked = new Set<string | undefined>()
const params = z.object({ id: z.string() })
const { app, url } = await serve(
  (app) => {
    const guarded = endpoint('GET', '/api/things/:id', { access: 'users:read' }, { params })
    app.route({ ...guarded, handler: async () => ({}) })
    const refusing = endpoint('POST', '/api/things/:id/refuse', { access: 'signed-in' }, { params })
    app.route({
      ...refusing,
      handler: async () => {
        throw forbidden()
      },
    })
    app.route({
      ...endpoint('POST', '/api/busy', open),
      handler: async () => {
        throw tooManyRequests()
      },
    })
  },
  {
    authentication: { ...authentication, isRevoked: ({ sessionId }) => revoked.has(sessionId) },
    onDenied: (denial) => void told.push(denial),
    trustedProxies: ['127.0.0.1'],
  },
)
beforeEach(() => {
  told.length = 0
})

const ask = (headers: Record<string, string>) =>
  app.inject({
    url: '/api/things/secret-id?secret=query',
    headers: { 'x-forwarded-for': '2001:db8:1:2::3', ...headers },
  })

test('who lacks the permission of a route is told of, with who they are and what they asked for, and nothing of the URL', async () => {
  const { statusCode } = await ask({ ...(await as('roles:read')), 'x-correlation-id': 'story-0001' })
  expect(statusCode).toBe(403)
  expect(told).toEqual([
    {
      status: 403,
      reason: 'auth.forbidden',
      method: 'GET',
      route: '/api/things/:id',
      permission: 'users:read',
      bearer: expect.objectContaining({ kind: 'user', id: subject }),
      network: expect.stringMatching(/^2001:db8:1:2:/),
      origin: expect.objectContaining({ correlationId: 'story-0001', sourceIp: '2001:db8:1:2::3' }),
    },
  ])
  expect(JSON.stringify({ ...told[0], bearer: null })).not.toContain('secret')
})

test('a revoked token is told of under the name of its bearer', async () => {
  const claims = { ...goodClaims('users:read'), sid: crypto.randomUUID() }
  revoked.add(claims.sid)
  await ask({ authorization: `Bearer ${await sign(claims)}` })
  expect(told).toMatchObject([
    { status: 401, reason: 'auth.invalid_token', bearer: { id: subject }, permission: 'users:read' },
  ])
})

test.each([
  ['an expired token', async () => `Bearer ${await sign({ ...goodClaims(), iat: 1, exp: 2 })}`],
  [
    'a token that somebody else signed',
    async () => `Bearer ${await sign(goodClaims(), {}, (await generateKeyPair('ES256')).privateKey)}`,
  ],
  [
    'an unknown API key',
    async () => `Bearer ${formatApiKey(crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(32)))}`,
  ],
])('%s is told of, and names nobody', async (_, credential) => {
  await ask({ authorization: await credential() })
  expect(told).toMatchObject([{ status: 401, reason: 'auth.invalid_token', bearer: undefined }])
})

test('an API key in its own header is told of', async () => {
  await ask({ 'x-api-key': formatApiKey(crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(32))) })
  expect(told).toMatchObject([{ status: 401, bearer: undefined }])
})

test.each([
  {},
  { authorization: 'Bearer rubbish' },
  { authorization: 'Basic YTpi' },
  { 'x-api-key': 'gate_live_rubbish' },
])('%j is no attempt that anybody needs to hear of', async (headers) => {
  expect((await ask({ ...headers })).statusCode).toBe(401)
  expect(told).toEqual([])
})

test('a refusal by an operation itself is told of, and one for asking too often', async () => {
  await app.inject({ method: 'POST', url: '/api/things/x/refuse', headers: await as('') })
  await app.inject({ method: 'POST', url: '/api/busy' })
  expect(told).toMatchObject([
    { status: 403, route: '/api/things/:id/refuse', permission: undefined, bearer: { id: subject } },
    { status: 429, route: '/api/busy', reason: 'request.rate_limited', bearer: undefined },
  ])
})

test.each([
  '//api/things/x',
  '/api//things/x',
  '/API/things/x',
  '/api/Things/x',
  '/api/things/../internal/x',
  '/x/../api/things/x',
  '/x/%2e%2e/api/things/x',
  '/x/..%2fapi/things',
  '/%61pi/nothing',
  '/api%2fthings/x',
  '/api/nothing;a=b',
  '/api/nothing\\x',
])('%s, which is one of our paths to a careless reader, is told of whoever asks for it', async (path) => {
  const reply = await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(reply).toMatch(/^HTTP\/1.1 404 /)
  await expect
    .poll(() => told)
    .toMatchObject([{ status: 404, reason: 'request.unknown_route', route: 'none' }])
})

test('what somebody known asks for that is not there is told of in their name, also with a token that is over', async () => {
  const sid = crypto.randomUUID()
  revoked.add(sid)
  for (const headers of [await as(''), await as('', { sid })])
    expect((await app.inject({ url: '/api/nothing', headers })).statusCode).toBe(404)
  expect(told).toMatchObject([
    { status: 404, bearer: { id: subject } },
    { status: 404, bearer: { id: subject } },
  ])
})

test('a body of 100 MB is told of, whoever sends it', async () => {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } } as const
  const busy = await app.inject({ ...post, url: '/api/busy', payload: Buffer.alloc(65_537, ' ') })
  expect(busy.statusCode).toBe(413)
  const things = await app.inject({ url: '/api/things/x', headers: { 'content-length': '104857600' } })
  expect(things.statusCode).toBe(401)
  expect(told).toMatchObject([
    { status: 413, reason: 'request.body_too_large', route: '/api/busy' },
    { status: 401, reason: 'auth.unauthenticated' },
  ])
})

test('what goes well or fails otherwise is not told of', async () => {
  expect((await ask(await as('users:read'))).statusCode).toBe(200)
  for (const url of ['/api/nowhere', '/wp-admin/Setup', '/api/nowhere/Made%20up/%40x', '*'])
    expect((await app.inject({ url })).statusCode).toBe(404)
  expect(told).toEqual([])
})
