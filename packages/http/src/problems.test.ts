import { Problem, problem } from '@gatehouse/contracts/problem'
import { ProblemDocument } from '@gatehouse/contracts/problems'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { as, endpoint, open, serve } from './harness.ts'
import type { Routes } from './routes.ts'

const emailTaken = problem('user.email_taken', 409, 'Another user has this e-mail.')
const NewUser = z.strictObject({
  email: z.email(),
  age: z.coerce.number().int().min(18),
  tags: z.array(z.string()).optional(),
})
const createUser = endpoint('POST', '/api/tenants/:id/users', open, {
  params: z.object({ id: z.uuid() }),
  querystring: z.object({ limit: z.coerce.number().int().max(100).default(50) }),
  body: NewUser,
  response: { 201: z.object({ email: z.string() }) },
})
const getThing = endpoint('GET', '/api/things/:id', open, {
  params: z.object({ id: z.string() }),
  response: { 200: z.object({ id: z.string() }) },
})

const failures: Readonly<Record<string, () => unknown>> = {
  problem: () => emailTaken({ cause: new Error('unique_violation of users_email_key') }),
  unexpected: () => new Error('select "password_hash" from credentials failed at db-1.internal'),
  notAnError: () => 'a string with a secret',
  nothing: () => undefined,
  database: () =>
    Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:5432'), {
      statusCode: 503,
      code: 'database.unavailable',
      retryAfterSeconds: 2,
    }),
  conflict: () =>
    Object.assign(new Error('row is locked by pid 17'), { statusCode: 409, code: 'user.changed' }),
  library: () =>
    Object.assign(new Error('inner workings of a library'), { statusCode: 422, code: 'FST_ERR_SOMETHING' }),
  badGateway: () => Object.assign(new Error('upstream 10.0.0.7'), { statusCode: 502 }),
  unsafe: () =>
    new Problem('user.gone', 410, 'It is gone.', {
      headers: { 'x-more': 'yes' },
      errors: [{ path: 'id', message: 'Gone.' }],
      extensions: { enrolmentToken: 'goOnWithThis' },
    }),
}

const every: Routes<object> = async (app) => {
  app.route({
    ...createUser,
    handler: async ({ body }, reply) => reply.code(201).send({ email: body.email }),
  })
  app.route({
    ...getThing,
    handler: async ({ params: { id } }) => {
      if (Object.hasOwn(failures, id)) throw failures[id]?.()
      return { id: id === 'misshapen' ? (7 as unknown as string) : id }
    },
  })
  app.route({
    ...endpoint('POST', '/api/large', open, { body: z.unknown() }),
    bodyLimit: 200_000,
    handler: async () => ({}),
  })
}
const { app, lines } = await serve((app) => app.register(every))
const users = '/api/tenants/0190f0f0-0000-7000-8000-000000000001/users'
const post = (payload: string, type = 'application/json') =>
  app.inject({ method: 'POST', url: users, headers: { 'content-type': type }, payload })

test('a problem says what it is in the form of RFC 9457, and under which id it is found in the log', async () => {
  const reply = await app.inject({
    url: '/api/things/problem?x=1',
    headers: { 'x-request-id': 'my-request-1' },
  })
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(reply.json()).toEqual({
    type: '/api/docs#user.email_taken',
    title: 'Conflict',
    status: 409,
    detail: 'Another user has this e-mail.',
    instance: '/api/things/problem',
    code: 'user.email_taken',
    requestId: 'my-request-1',
  })
})

test.each([
  ['problem', 409, 'user.email_taken'],
  ['unexpected', 500, 'internal'],
  ['notAnError', 500, 'internal'],
  ['nothing', 500, 'internal'],
  ['misshapen', 500, 'internal'],
  ['badGateway', 500, 'internal'],
  ['database', 503, 'database.unavailable'],
  ['conflict', 409, 'user.changed'],
  ['library', 422, 'request.malformed'],
  ['unsafe', 410, 'user.gone'],
])('%s is answered with %i %s and nothing of what is inside', async (id, status, code) => {
  const reply = await app.inject(`/api/things/${id}`)
  expect(reply.statusCode).toBe(status)
  expect(ProblemDocument.parse(reply.json())).toMatchObject({ status, code })
  expect(reply.body).not.toMatch(
    /unique_violation|password_hash|secret|ECONNREFUSED|10\.0\.0|pid 17|inner workings|at .*\.ts|zod|FST_/,
  )
})

test('what is not there at the moment is answered with when to try again', async () => {
  expect((await app.inject('/api/things/database')).headers['retry-after']).toBe('2')
})

test('a problem brings its own headers, errors and further members along', async () => {
  const reply = await app.inject('/api/things/unsafe')
  expect(reply.headers['x-more']).toBe('yes')
  expect(reply.json()).toMatchObject({
    errors: [{ path: 'id', message: 'Gone.' }],
    enrolmentToken: 'goOnWithThis',
  })
})

test('an unexpected failure is in the log with its reason, its request and no URL', async () => {
  await app.inject({
    url: '/api/things/unexpected?token=hunter2',
    headers: { 'x-request-id': 'unexpected-1' },
  })
  const line = lines.find(({ level, requestId }) => level === 'error' && requestId === 'unexpected-1')
  expect(line).toMatchObject({
    route: '/api/things/:id',
    err: { message: expect.stringContaining('password_hash') },
  })
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

test('an answer that does not have the shape that was promised is a failure, logged with what is wrong', async () => {
  await app.inject({ url: '/api/things/misshapen', headers: { 'x-request-id': 'misshapen-1' } })
  const line = lines.find(({ level, requestId }) => level === 'error' && requestId === 'misshapen-1')
  expect(JSON.stringify(line)).toContain('expected string, received number')
})

test('failures that happen at the same time never mix', async () => {
  const ids = Array.from({ length: 50 }, (_, n) => `request-${n}-${n % 2 ? 'unsafe' : 'problem'}`)
  const replies = await Promise.all(
    ids.map((id) => app.inject({ url: `/api/things/${id.split('-')[2]}`, headers: { 'x-request-id': id } })),
  )
  expect(replies.map((reply) => reply.json().requestId)).toEqual(ids)
  expect(replies.map(({ headers }) => headers['x-more'])).toEqual(
    ids.map((id) => (id.endsWith('unsafe') ? 'yes' : undefined)),
  )
})

test('every fault of a request is listed at once, with its place', async () => {
  const reply = await app.inject({
    method: 'POST',
    url: '/api/tenants/acme/users?limit=1000',
    payload: { email: 'nobody', age: 'old', tags: [1], isAdmin: true, 'x-rank': 1 },
  })
  expect(reply.json()).toMatchObject({ status: 400, code: 'request.invalid' })
  expect(reply.json().errors).toEqual([
    { path: 'params.id', message: 'Invalid UUID' },
    { path: 'body.email', message: 'Invalid email address' },
    { path: 'body.age', message: 'Invalid input: expected number, received NaN' },
    { path: 'body.tags.0', message: 'Invalid input: expected string, received number' },
    { path: 'body.isAdmin', message: 'There is no such field.' },
    { path: 'body.x-rank', message: 'There is no such field.' },
    { path: 'querystring.limit', message: 'Too big: expected number to be <=100' },
  ])
})

test('a list of faults has an end', async () => {
  const payload = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`field${n}`, n]))
  const reply = await app.inject({ method: 'POST', url: users, payload })
  expect(reply.json().errors).toHaveLength(100)
})

test.each([
  ['{"email":', 'application/json', 400, 'request.malformed_json'],
  ['', 'application/json', 400, 'request.invalid'],
  ['null', 'application/json', 400, 'request.invalid'],
  ['{}', 'text/plain', 415, 'request.unsupported_media_type'],
  ['{}', 'application/xml', 415, 'request.unsupported_media_type'],
  ['{}', 'application/merge-patch+json', 415, 'request.unsupported_media_type'],
  ['{}', 'application/json, text/plain', 415, 'request.unsupported_media_type'],
  ['email=a', 'application/x-www-form-urlencoded', 415, 'request.unsupported_media_type'],
  [`{"email":"${'a'.repeat(65_536)}"}`, 'application/json', 413, 'request.body_too_large'],
])('a body of %.30s as %s is answered with %i %s', async (payload, type, status, code) => {
  const reply = await post(payload, type)
  expect(reply.statusCode).toBe(status)
  expect(reply.json()).toMatchObject({ status, code })
})

test('a body without a type is not guessed at', async () => {
  const reply = await app.inject({ method: 'POST', url: users, payload: Buffer.from('{}') })
  expect(reply.json()).toMatchObject({ status: 415, code: 'request.unsupported_media_type' })
})

test('a compressed body is not unpacked', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const reply = await app.inject({ method: 'POST', url: users, headers, payload: Buffer.from('1f8b', 'hex') })
  expect(reply.json()).toMatchObject({ status: 415 })
})

test('a route may take larger bodies than others', async () => {
  const payload = { text: 'a'.repeat(100_000) }
  expect((await app.inject({ method: 'POST', url: '/api/large', payload })).statusCode).toBe(200)
})

test('an unknown address is 404, and a method that it does not know 405 with those that it does', async () => {
  expect((await app.inject('/api/nothing?a=b')).json()).toMatchObject({
    status: 404,
    code: 'request.unknown_route',
  })
  const reply = await app.inject({ method: 'DELETE', url: '/api/things/1' })
  expect(reply.json()).toMatchObject({ status: 405, code: 'request.wrong_method' })
  expect(reply.headers.allow).toBe('GET, HEAD')
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/api/things/1',
    headers: { origin: 'https://evil.test', 'access-control-request-method': 'GET' },
  })
  expect(preflight.statusCode).toBe(405)
  expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('a body for an address that is not there is not even read', async () => {
  const headers = { 'content-type': 'application/json' }
  expect((await app.inject({ method: 'POST', url: '/api/nothing', headers, payload: '{' })).statusCode).toBe(
    404,
  )
})

test.each([
  '/api/things/%',
  '/api/things/%zz',
  '/api/things/%c3%28',
  '/api/things/%ed%a0%80',
  '/api/things/a?x=%',
  '/api/things/a?x=%ff',
  '/api/things/a%00',
  '/api/things/a?x=%00',
  '/%ff',
])('a URL that is not properly encoded is refused: %s', async (url) => {
  const reply = await app.inject(url)
  expect(reply.headers['content-type']).toContain('application/problem+json')
  expect(reply.json()).toMatchObject({ status: 400, code: 'request.malformed_url' })
  expect(reply.headers['x-content-type-options']).toBe('nosniff')
})

test('a part of a path that is too long is refused', async () => {
  expect((await app.inject(`/api/things/${'a'.repeat(600)}`)).json()).toMatchObject({ status: 414 })
})

test('a failure of a known caller has the security headers too', async () => {
  const reply = await app.inject({ url: '/api/things/problem', headers: await as('users:read') })
  expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
})
