import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type ServiceName, serviceNames } from '@gatehouse/contracts/events'
import { routedPaths } from '@gatehouse/contracts/services'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'

interface Heard {
  service: ServiceName
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

let gateway: Gateway
const upstreams: FastifyInstance[] = []
let unavailableAnswers = 0

/** A service as the gateway sees one: it says what reached it. */
const startEcho = async (service: ServiceName) => {
  const app = fastify({ bodyLimit: 64 * 1024, forceCloseConnections: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.get('/ready', () => ({ status: 'ready' }))
  app.get('/api/users/me/export', (_request, reply) =>
    reply.headers({ 'x-hop': 'secret', 'keep-alive': 'timeout=5', connection: 'x-hop' }).send('ok'),
  )
  app.get('/api/users', (_request, reply) => {
    unavailableAnswers += 1
    return reply.code(503).header('retry-after', '1').send({ status: 503 })
  })
  app.all('/*', ({ method, raw, headers, body }) => ({
    service,
    method,
    url: raw.url,
    headers,
    body: body ?? '',
  }))
  upstreams.push(app)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

beforeAll(async () => {
  const urls = await Promise.all(serviceNames.map(async (name) => [name, await startEcho(name)]))
  gateway = await startGateway({ port: 0, services: Object.fromEntries(urls) })
})

afterAll(async () => {
  await gateway.close()
  await Promise.all(upstreams.map((app) => app.close()))
})

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}

/** Sends the path as it is written, where `fetch` would put it straight first. */
const send = async (path: string, { method = 'GET', headers = {}, body = '' }: Sent = {}) => {
  const { hostname, port } = new URL(gateway.url)
  const request = httpRequest({ hostname, port, method, path, headers })
  request.end(body)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const content = await text(answer)
  const json = answer.headers['content-type']?.includes('json') ? JSON.parse(content) : undefined
  return { status: answer.statusCode, headers: answer.headers, content, json }
}

const heard = async (path: string, sent?: Sent): Promise<Heard> => (await send(path, sent)).json

test.each(routedPaths)('$url goes to its owner, $service, whatever the method', async ({ service, url }) => {
  const path = url.replaceAll(/:\w+/g, '0198c0de-0000-7000-8000-000000000001')
  if (['/api/users', '/api/users/me/export'].includes(path)) return
  for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS']) {
    expect(await heard(path, { method })).toMatchObject({ service, method, url: path })
  }
})

test('the literal join of the base path and a partner path reaches the partner endpoint, and nothing else is joined', async () => {
  expect(await heard('/api/api/partner/clients?limit=1')).toMatchObject({
    service: 'partner-gateway',
    url: '/api/partner/clients?limit=1',
  })
  expect((await send('/api/api/users/me')).status).toBe(404)
})

test('the documentation belongs to the partner gateway and each OpenAPI document to its service', async () => {
  for (const path of [
    '/api/docs',
    '/api/docs/js/scalar.js',
    '/api/openapi.json',
    '/api/openapi/partner-gateway.json',
  ]) {
    expect(await heard(path)).toMatchObject({ service: 'partner-gateway', url: path })
  }
  expect(await heard('/api/openapi/audit.json')).toMatchObject({ service: 'audit' })
})

test.each([
  '/',
  '/api',
  '/metrics',
  '/api/nothing',
  '/api/internal/registrations',
  '/api/internal/principals/resolve',
  '/API/users/me',
  '/api/users/me/',
  '/api/openapi/other.json',
])('%s is answered with a 404 problem by the gateway itself', async (path) => {
  const { status, headers, json } = await send(path, { method: 'POST' })
  expect({ status, type: headers['content-type'] }).toMatchObject({
    status: 404,
    type: expect.stringContaining('problem+json'),
  })
  expect(json).toMatchObject({
    status: 404,
    instance: path,
    code: expect.any(String),
    requestId: expect.any(String),
  })
})

test.each([
  '//api/users/me',
  '/api//users/me',
  '/api/users/../internal/registrations',
  '/api/users/./me',
  '/api/users/%2e%2e/internal/registrations',
  '/api/users/.%2E/internal/registrations',
  '/api/tenants/..%2finternal%2fregistrations',
  '/api/tenants/..%5cinternal',
  '/api/tenants/a\\..\\internal',
  '/api/users/x%00',
  '/api/users/%ff',
  '/api/users/%',
  '/api/users/me#x',
  '/api/users/me;a=b',
  'http://evil.example/api/users/me',
  '*',
])('%s can be read in two ways, so it is refused with a 400 problem and reaches no service', async (path) => {
  const { status, json } = await send(path)
  expect({ status, json }).toMatchObject({ status: 400, json: { status: 400 } })
})

test('a path parameter stays one parameter of its owner', async () => {
  expect(await heard('/api/tenants/%20/settings')).toMatchObject({
    service: 'directory',
    url: '/api/tenants/%20/settings',
  })
})

test('the query goes on as it was written', async () => {
  const path = '/api/roles?search=a%2Fb&search=%3F?x=//y/../z'
  expect((await heard(path)).url).toBe(path)
})

test('methods that change how others read a request are refused', async () => {
  expect(await send('/api/users/me', { method: 'TRACE' })).toMatchObject({
    status: 405,
    headers: { allow: expect.any(String) },
  })
  expect(await send('/api/users/me', { method: 'PROPFIND' })).toMatchObject({ status: 405 })
})

test('where a request comes from is what the socket says, whatever the client wrote', async () => {
  const forged = {
    'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Prefix': '/evil',
    Forwarded: 'for=203.0.113.9',
    'X-Real-IP': '203.0.113.9',
    'X-Client-IP': '203.0.113.9',
    'X-Original-URL': '/api/internal',
    'X-HTTP-Method-Override': 'DELETE',
    X_Forwarded_For: '203.0.113.9',
    X_Tenant_Id: 'evil',
  }
  const { headers } = await heard('/api/users/me', { headers: forged })
  expect(JSON.stringify(headers)).not.toMatch(/203\.0\.113\.9|evil|internal|override/i)
  expect(headers).toMatchObject({
    'x-forwarded-for': expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
    'x-forwarded-proto': 'http',
    'x-forwarded-host': new URL(gateway.url).host,
  })
})

test('headers of one hop, and those that Connection names, end at the gateway in both directions', async () => {
  const { headers } = await heard('/api/users/me', {
    headers: {
      Connection: 'close, X-Mine',
      'X-Mine': '1',
      TE: 'trailers',
      'Proxy-Authorization': 'Basic x',
      Upgrade: 'h2c',
    },
  })
  expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-mine']))
  for (const name of ['te', 'upgrade', 'proxy-authorization']) expect(headers).not.toHaveProperty(name)
  const answer = await send('/api/users/me/export')
  expect(answer.content).toBe('ok')
  expect(answer.headers).not.toHaveProperty('x-hop')
})

test('a second Authorization header reaches the service, which can refuse it', async () => {
  const { headers } = await heard('/api/users/me', {
    headers: { Authorization: ['Bearer one', 'Bearer two'] },
  })
  expect(headers).toMatchObject({ authorization: 'Bearer one, Bearer two' })
})

test('a body goes on as it was sent, whatever its type', async () => {
  const body = '{"a":1,"a":2}'
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/odd']) {
    const sent = { method: 'POST', body, headers: { 'content-type': type } }
    expect(await heard('/api/auth/login', sent)).toMatchObject({ body, headers: { 'content-type': type } })
  }
  const chunked = {
    method: 'POST',
    body,
    headers: { 'transfer-encoding': 'chunked', expect: '100-continue' },
  }
  expect(await heard('/api/auth/login', chunked)).toMatchObject({ body })
})

test('a body on a GET is not passed on', async () => {
  const sent = { body: 'GET /api/internal HTTP/1.1\r\n\r\n', headers: { 'content-length': '30' } }
  expect(await heard('/api/users/me', sent)).toMatchObject({ body: '' })
})

test('a body that no service would take is refused', async () => {
  const body = 'x'.repeat(2 * 1024 * 1024)
  const known = { method: 'POST', body, headers: { 'content-length': `${body.length}` } }
  expect((await send('/api/auth/login', known)).status).toBe(413)
  expect((await send('/api/auth/login', { method: 'POST', body: body.slice(0, 100_000) })).status).toBe(413)
})

test('a service that is down makes its own paths a 503 problem with Retry-After, and only those', async () => {
  const other = await startGateway({
    port: 0,
    services: { ...(await services()), audit: 'http://127.0.0.1:1' },
  })
  const down = await fetch(`${other.url}/api/audit-logs`)
  expect(down.status).toBe(503)
  expect(down.headers.get('retry-after')).toBe('1')
  expect(await down.json()).toMatchObject({ status: 503, code: 'service.unavailable' })
  expect((await fetch(`${other.url}/api/users/me`)).status).toBe(200)
  const ready = await fetch(`${other.url}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ errors: [{ path: 'audit' }] })
  await other.close()
})

test('the 503 of a service comes back as it is, and is not asked for again', async () => {
  unavailableAnswers = 0
  expect(await send('/api/users')).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    json: { status: 503 },
  })
  expect(unavailableAnswers).toBe(1)
})

test('the gateway is live by itself and ready when all services are', async () => {
  for (const path of ['/health', '/api/health']) expect((await send(path)).json).toEqual({ status: 'ok' })
  for (const path of ['/ready', '/api/ready']) expect((await send(path)).json).toEqual({ status: 'ready' })
})

test('two framings of one body are refused', async () => {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  socket.end(
    'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  )
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 [\s\S]*problem\+json/)
})

test('a taken port is named, together with how to choose another', async () => {
  const port = Number(new URL(gateway.url).port)
  const second = startGateway({ port, services: await services() })
  await expect(second).rejects.toThrow(
    `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=`,
  )
})

const services = async () =>
  Object.fromEntries(upstreams.map((app, index) => [serviceNames[index], app.listeningOrigin])) as Record<
    ServiceName,
    string
  >
