import { expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { as, authentication, endpoint, open, serve, subject } from './harness.ts'
import { createLogger } from './logging.ts'
import type { Routes } from './routes.ts'
import { createServer } from './server.ts'

const other = '0190f0f0-0000-7000-8000-0000000000ff'
const ById = z.object({ userId: z.uuid() })

const guarded = endpoint('GET', '/api/guarded', { access: 'users:read' })
const changed = endpoint('PATCH', '/api/changed', { access: 'users:write' })
const signedIn = endpoint('GET', '/api/mine', { access: 'signed-in', kinds: ['user'] })
const byPath = { access: 'roles:read', own: 'params.userId' } as const
const ownByPath = endpoint('GET', '/api/roles/users/:userId', byPath, { params: ById })
const byQuery = { access: 'api-keys:read', own: 'querystring.userId' } as const
const ownByQuery = endpoint('GET', '/api/keys', byQuery, { querystring: ById.partial() })
const byBody = { access: 'api-keys:write', own: 'body.userId' } as const
const ownByBody = endpoint('POST', '/api/keys', byBody, { body: z.strictObject({ userId: z.uuid() }) })

const every: Routes<object> = async (app) => {
  app.route({ ...guarded, handler: async ({ principal }) => ({ caller: principal.id }) })
  app.route({ ...changed, handler: async () => ({ changed: true }) })
  app.route({ ...signedIn, handler: async () => ({}) })
  app.route({ ...ownByPath, handler: async ({ params }) => ({ of: params.userId }) })
  app.route({ ...ownByQuery, handler: async ({ query }) => ({ of: query.userId }) })
  app.route({ ...ownByBody, handler: async ({ body }) => ({ of: body.userId }) })
  app.route({
    ...endpoint('GET', '/api/open', open),
    handler: async ({ principal }) => ({ caller: principal }),
  })
}
const { app } = await serve((app) => app.register(every))

test('a handler gets what its schema says, typed', () => {
  const routes: Routes<object> = async (app) => {
    app.route({
      ...ownByBody,
      handler: async ({ body, principal, origin }) => {
        expectTypeOf(body).toEqualTypeOf<{ userId: string }>()
        expectTypeOf(principal.tenantId).toBeString()
        expectTypeOf(origin.correlationId).toBeString()
      },
    })
  }
  expect(routes).toBeTypeOf('function')
})

test('a caller without a token is asked for one', async () => {
  const reply = await app.inject('/api/guarded')
  expect(reply.statusCode).toBe(401)
  expect(reply.headers['www-authenticate']).toBe('Bearer realm="gatehouse"')
  expect(reply.json()).toMatchObject({ code: 'auth.unauthenticated' })
})

test('a caller without the permission is told which one is needed', async () => {
  const reply = await app.inject({ url: '/api/guarded', headers: await as('users:write roles:read') })
  expect(reply.statusCode).toBe(403)
  expect(reply.headers['www-authenticate']).toBe(
    'Bearer realm="gatehouse", error="insufficient_scope", scope="users:read"',
  )
})

test.each(['users:READ', 'users', 'users:*', '*', 'users:read:all', 'public', 'signed-in', '__proto__'])(
  'a scope of "%s" is not the permission users:read',
  async (scope) => {
    expect((await app.inject({ url: '/api/guarded', headers: await as(scope) })).statusCode).toBe(403)
  },
)

test('a caller with the permission is known to the handler', async () => {
  const reply = await app.inject({ url: '/api/guarded', headers: await as('users:read') })
  expect(reply.json()).toEqual({ caller: subject })
})

test('a public route knows nobody, whatever the request brings', async () => {
  for (const headers of [{}, { authorization: 'Bearer nonsense' }, await as('users:read')]) {
    expect((await app.inject({ url: '/api/open', headers })).json()).toEqual({})
  }
})

test.each(['service', 'api_key', 'partner_client'] as const)(
  'a %s is refused where only users are let in, whatever it may do',
  async (kind) => {
    const headers = await as('users:read users:write', { kind })
    expect((await app.inject({ url: '/api/mine', headers })).statusCode).toBe(403)
    expect((await app.inject({ url: '/api/mine', headers: await as('') })).statusCode).toBe(200)
  },
)

test.each([
  ['GET', `/api/roles/users/${subject}`, undefined, 200],
  ['GET', `/api/roles/users/${other}`, undefined, 403],
  ['GET', `/api/roles/users/${subject.toUpperCase()}`, undefined, 403],
  ['GET', `/api/keys?userId=${subject}`, undefined, 200],
  ['GET', `/api/keys?userId=${other}`, undefined, 403],
  ['GET', `/api/keys?userId=${subject}&userId=${other}`, undefined, 403],
  ['GET', '/api/keys', undefined, 403],
  ['POST', '/api/keys', { userId: subject }, 200],
  ['POST', '/api/keys', { userId: other }, 403],
  ['POST', '/api/keys', { userId: [subject] }, 403],
  ['POST', '/api/keys', {}, 403],
  ['POST', '/api/keys', undefined, 403],
] as const)(
  '%s %s %j without the permission: %i, for only the own record is open',
  async (method, url, payload, status) => {
    const reply = await app.inject({ method, url, headers: await as(''), ...(payload && { payload }) })
    expect(reply.statusCode).toBe(status)
  },
)

test("someone else's record is open to who holds the permission", async () => {
  const reply = await app.inject({ url: `/api/roles/users/${other}`, headers: await as('roles:read') })
  expect(reply.json()).toEqual({ of: other })
})

test("an own record is a person's: a service of the same id has none", async () => {
  const headers = await as('', { kind: 'service' })
  expect((await app.inject({ url: `/api/roles/users/${subject}`, headers })).statusCode).toBe(403)
})

test('PUT does what PATCH does, behind the same guard', async () => {
  const put = async (scope: string) =>
    app.inject({ method: 'PUT', url: '/api/changed', payload: {}, headers: await as(scope) })
  expect((await put('users:write')).json()).toEqual({ changed: true })
  expect((await put('users:read')).statusCode).toBe(403)
  expect((await app.inject({ method: 'PUT', url: '/api/changed' })).statusCode).toBe(401)
})

test('HEAD is guarded as GET is', async () => {
  expect((await app.inject({ method: 'HEAD', url: '/api/guarded' })).statusCode).toBe(401)
  const reply = await app.inject({ method: 'HEAD', url: '/api/guarded', headers: await as('users:read') })
  expect(reply).toMatchObject({ statusCode: 200, body: '' })
})

test('the access table has every way into every route', () => {
  const entries = app.accessTable.filter(({ url }) => url === '/api/changed' || url === '/api/guarded')
  expect(entries.map(({ method, url, access }) => `${method} ${url} ${access}`).sort()).toEqual([
    'GET /api/guarded users:read',
    'HEAD /api/guarded users:read',
    'PATCH /api/changed users:write',
    'PUT /api/changed users:write',
  ])
})

test.each([
  [
    'in a plugin',
    (app: ReturnType<typeof bare>) => app.register(async (it) => void it.get('/naked', () => '')),
  ],
  ['at the root, before the boot', (app: ReturnType<typeof bare>) => app.get('/naked', () => '')],
])('a route that does not declare its access stops the boot: %s', async (_, declare) => {
  const boot = async () => {
    const app = bare()
    declare(app)
    await app.ready()
  }
  await expect(boot).rejects.toThrow('GET /naked does not declare config.access')
})

const bare = () =>
  createServer({
    service: 'example',
    version: '1',
    log: createLogger({ service: 'example', level: 'silent' }),
    authentication,
  })

test.each([
  '//api/guarded',
  '/api//guarded',
  '/api/guarded/',
  '/API/guarded',
  '/api/Guarded',
  '/api/guarded;a=b',
  '/api/open/../guarded',
  '/api/open/%2e%2e/guarded',
  '/api/open%2f..%2fguarded',
  '/api/guarded%2f',
  '/api/guarded%00',
  '/api/%67uarded',
  '/api/guarded?',
  '/api/guarded?x',
  '/api/guarded#x',
])('no spelling of a path comes past its guard: %s', async (url) => {
  const { body } = await app.inject({ url })
  expect(JSON.parse(body)).toMatchObject({ status: expect.toSatisfy((status) => status >= 400) })
})

test.each([
  { 'x-http-method-override': 'GET' },
  { 'x-original-url': '/api/open' },
  { 'x-rewrite-url': '/api/open' },
  { 'x-user-id': subject, 'x-tenant-id': other, x_tenant_id: other },
  { 'x-forwarded-user': subject, 'x-forwarded-for': '127.0.0.1', connection: 'X-Tenant-Id' },
])('headers that name somebody, or something else to do, change nothing: %j', async (headers) => {
  expect((await app.inject({ url: '/api/guarded', headers })).statusCode).toBe(401)
  const known = await app.inject({
    url: '/api/guarded',
    headers: { ...headers, ...(await as('users:read')) },
  })
  expect(known.json()).toEqual({ caller: subject })
})
