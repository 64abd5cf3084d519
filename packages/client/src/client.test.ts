import type { Endpoint } from '@gatehouse/contracts/endpoint'
import type { Origin } from '@gatehouse/contracts/origin'
import { problem } from '@gatehouse/contracts/problem'
import { createServer } from '@gatehouse/http/server'
import { serverOptions } from '@gatehouse/testing/server-options'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { expect, expectTypeOf, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createClient } from './client.ts'
import { answering, hangUp, json, silence } from './harness.ts'

const about = { operationId: 'tryThings', summary: 'Try things.', tags: ['Things'] } as const
const Thing = z.object({ id: z.string(), size: z.int() })
const getThing = {
  method: 'GET',
  url: '/api/things/:id',
  config: { access: 'users:read' },
  schema: {
    ...about,
    params: z.object({ id: z.string() }),
    querystring: z.object({ size: z.coerce.number().default(1), tag: z.string().optional() }),
    response: { 200: Thing },
  },
} as const satisfies Endpoint
const createThing = {
  method: 'POST',
  url: '/api/things',
  config: { access: 'users:write' },
  schema: {
    ...about,
    headers: z.looseObject({ 'idempotency-key': z.string().optional() }),
    body: z.strictObject({ name: z.string() }),
    response: { 201: Thing },
  },
} as const satisfies Endpoint
const deleteThings = {
  method: 'DELETE',
  url: '/api/things',
  config: { access: 'signed-in' },
  schema: { ...about, response: { 204: z.undefined() } },
} as const satisfies Endpoint

const thing = { id: '1', size: 1 }
const origin: Origin = {
  correlationId: 'journey-0001',
  sourceIp: '198.51.100.7',
  userAgent: 'curl/8',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}
const clientOf = (baseUrl: string, more: { token?: () => Promise<string>; timeoutMs?: number } = {}) =>
  createClient({ service: 'directory', baseUrl, ...more })

test('a call is typed by its contract', async () => {
  const { url } = await answering(json(200, thing))
  const client = clientOf(url)
  const answer = await client(getThing)({ params: { id: '1' } })
  expectTypeOf(answer).toEqualTypeOf<{ id: string; size: number }>()
  expectTypeOf(client(createThing)).parameter(0).toHaveProperty('body').toEqualTypeOf<{ name: string }>()
  expectTypeOf(client(deleteThings)).toBeCallableWith()
  // @ts-expect-error the path needs an id
  expect(client(getThing)({}).catch(() => {})).toBeInstanceOf(Promise)
})

test('a call is what its contract says, on the wire', async () => {
  const { url, received } = await answering(json(201, thing))
  const call = { body: { name: 'é' }, headers: { 'idempotency-key': 'key-1' }, origin }
  expect(await clientOf(url, { token: async () => 'a.b.c' })(createThing)(call)).toEqual(thing)
  expect(received).toEqual([
    {
      method: 'POST',
      url: '/api/things',
      body: '{"name":"é"}',
      headers: expect.objectContaining({
        authorization: 'Bearer a.b.c',
        'content-type': 'application/json',
        'idempotency-key': 'key-1',
        'x-correlation-id': 'journey-0001',
        'x-forwarded-for': '198.51.100.7',
        'user-agent': 'curl/8',
        traceparent: origin.traceparent,
      }),
    },
  ])
})

test('what stands in a path or a query can not leave its place', async () => {
  const { url, received } = await answering(json(200, thing))
  await clientOf(url)(getThing)({
    params: { id: '../a?b#c/d' },
    querystring: { tag: 'x&size=9', size: undefined },
  })
  expect(received[0]?.url).toBe('/api/things/..%2Fa%3Fb%23c%2Fd?tag=x%26size%3D9')
})

test('an answer without content is undefined', async () => {
  const { url } = await answering((_, response) => response.writeHead(204).end())
  expect(await clientOf(url)(deleteThings)()).toBeUndefined()
})

test('an answer that is not what the contract says is an error, and not the caller’s', async () => {
  const { url } = await answering(json(200, { id: 1 }))
  await expect(clientOf(url)(getThing)({ params: { id: '1' } })).rejects.toThrow(
    'otherwise than its contract says',
  )
  const other = await answering(json(202, thing))
  await expect(clientOf(other.url)(getThing)({ params: { id: '1' } })).rejects.toThrow(
    'otherwise than its contract says',
  )
})

test('against a real service: the typed answer, and its problems as problems', async () => {
  const issuer = await createTestIssuer()
  const app = createServer(serverOptions('directory', issuer))
  const tooMany = problem('thing.too_many', 409, 'There are too many things.')
  app.route({ ...getThing, handler: async ({ params, query }) => ({ id: params.id, size: query.size }) })
  app.route({
    ...createThing,
    handler: async () => {
      throw tooMany()
    },
  })
  const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  const { authorization } = await issuer.as({ permissions: ['users:read', 'users:write'] })
  const client = clientOf(baseUrl, { token: async () => authorization.replace('Bearer ', '') })

  expect(await client(getThing)({ params: { id: 'a b' }, querystring: { size: 7 } })).toEqual({
    id: 'a b',
    size: 7,
  })
  await expect(client(createThing)({ body: { name: 'x' } })).rejects.toMatchObject({
    name: 'Problem',
    code: 'thing.too_many',
    status: 409,
    message: 'There are too many things.',
  })
  const invalid = client(createThing)({ body: { name: 7 as unknown as string } })
  await expect(invalid).rejects.toMatchObject({
    code: 'request.invalid',
    status: 400,
    errors: [{ path: 'body.name', message: expect.any(String) }],
  })
  await expect(clientOf(baseUrl)(getThing)({ params: { id: '1' } })).rejects.toMatchObject({ status: 401 })
})

const unavailable = {
  code: 'directory.unavailable',
  status: 503,
  headers: { 'retry-after': expect.any(String) },
}

test.each([
  ['is not there', hangUp],
  ['does not answer in time', silence],
  [
    'begins its answer and stops',
    ((_, response) => void response.writeHead(200).write('{')) satisfies typeof silence,
  ],
  [
    'is behind a gateway that cannot reach it',
    ((_, response) => response.writeHead(502).end('<html>')) satisfies typeof silence,
  ],
])('a service that %s is unavailable', async (_, answer) => {
  const { url } = await answering(answer)
  const call = clientOf(url, { timeoutMs: 300 })(createThing)({ body: { name: 'x' } })
  await expect(call).rejects.toMatchObject(unavailable)
})

test('a port at which nobody listens is a service that is unavailable', async () => {
  const { server, url } = await answering(silence)
  server.close()
  await expect(clientOf(url)(getThing)({ params: { id: '1' } })).rejects.toMatchObject(unavailable)
})

test('what a service says of when to try again is passed on', async () => {
  const busy = {
    type: '',
    title: '',
    status: 503,
    detail: '',
    instance: '',
    code: 'database.unavailable',
    requestId: '',
  }
  const { url } = await answering(json(503, busy, { 'retry-after': '7' }))
  await expect(clientOf(url)(createThing)({ body: { name: 'x' } })).rejects.toMatchObject({
    code: 'database.unavailable',
    headers: { 'retry-after': '7' },
  })
})

test('a GET is tried again when the service was not there', async () => {
  const { url, received } = await answering(
    hangUp,
    (_, response) => response.writeHead(503).end(),
    json(200, thing),
  )
  expect(await clientOf(url)(getThing)({ params: { id: '1' } })).toEqual(thing)
  expect(received).toHaveLength(3)
})

test('a call that is said to be idempotent is tried again too', async () => {
  const { url, received } = await answering(hangUp, json(201, thing))
  expect(await clientOf(url)(createThing)({ body: { name: 'x' }, idempotent: true })).toEqual(thing)
  expect(received).toHaveLength(2)
})

test('no other call is made twice', async () => {
  const { url, received } = await answering(hangUp, json(201, thing))
  await expect(clientOf(url)(createThing)({ body: { name: 'x' } })).rejects.toMatchObject(unavailable)
  expect(received).toHaveLength(1)
})

test('an answer that will be the same the next time is not asked for again', async () => {
  const { url, received } = await answering(json(500, {}))
  await expect(clientOf(url)(getThing)({ params: { id: '1' } })).rejects.toMatchObject({ status: 503 })
  const { url: other, received: receivedThere } = await answering(json(404, {}))
  await expect(clientOf(other)(getThing)({ params: { id: '1' } })).rejects.toMatchObject({ code: 'internal' })
  expect([received.length, receivedThere.length]).toEqual([3, 1])
})

test('a redirect is not followed', async () => {
  const { url, received } = await answering((_, response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  )
  await expect(clientOf(url)(getThing)({ params: { id: '1' } })).rejects.toMatchObject({ code: 'internal' })
  expect(received).toHaveLength(1)
})

test('a token that is refused is given back once for another', async () => {
  const refused = {
    type: '',
    title: '',
    status: 401,
    detail: '',
    instance: '',
    code: 'auth.invalid_token',
    requestId: '',
  }
  const { url, received } = await answering(json(401, refused), json(201, thing))
  const token = async (refused?: string) => (refused === 'old' ? 'new' : 'old')
  expect(await clientOf(url, { token })(createThing)({ body: { name: 'x' } })).toEqual(thing)
  expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])

  const other = await answering(json(401, refused))
  const same = clientOf(other.url, { token: async () => 'old' })(createThing)({ body: { name: 'x' } })
  await expect(same).rejects.toMatchObject({ status: 401, code: 'auth.invalid_token' })
  expect(other.received).toHaveLength(1)
})
