import { once } from 'node:events'
import { connect } from 'node:net'
import type { Denial } from '@gatehouse/contracts/access-events'
import { beforeEach, expect, test } from 'vitest'
import { endpoint, open, sendRaw, serve } from './harness.ts'

const told: Denial[] = []
const { url } = await serve(
  (app) => {
    app.route({ ...endpoint('GET', '/api/things', open), handler: async () => ({}) })
    app.route({ ...endpoint('POST', '/api/things', open), handler: async () => ({}) })
  },
  { limits: { headersMs: 300, requestMs: 600 }, onDenied: (denial) => void told.push(denial) },
)
beforeEach(() => {
  told.length = 0
})

const post = 'POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'

test.each([
  ['a length and chunks', `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{}`, 400],
  ['two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  ['a length that is not one', `${post}Content-Length: +2\r\n\r\n{}`, 400],
  ['chunks written oddly', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunks twice', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
  [
    'a header that goes on in the next line',
    'GET /api/things HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n',
    400,
  ],
  ['a bare line feed', 'GET /api/things HTTP/1.1\nHost: a\n\n', 400],
  ['a space before a colon', 'GET /api/things HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  ['NUL in a header', 'GET /api/things HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n', 400],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a header of 20 kB', `GET /api/things HTTP/1.1\r\nHost: a\r\nX-A: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
])('what comes with %s is refused with a problem, and the connection closed', async (_, bytes, status) => {
  const reply = await sendRaw(url, bytes)
  const [head = '', body = ''] = reply.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} .+\r\n`))
  expect(head).toContain('\r\nconnection: close')
  expect(head).toContain('\r\nx-content-type-options: nosniff')
  expect(head).toContain('\r\ncontent-type: application/problem+json')
  expect(JSON.parse(body)).toMatchObject({ status })
  expect(reply.match(/HTTP\/1\.1/g)).toHaveLength(1)
  const network = { sourceIp: '127.0.0.1', correlationId: expect.any(String) }
  expect(told).toMatchObject([{ status, route: 'none', bearer: undefined, origin: network }])
})

test.each([
  ['a connection that says nothing', ''],
  ['a header that never ends', 'GET /api/things HTTP/1.1\r\nHost: a\r\nX-A: b\r\n'],
  ['a body that never comes', `${post}Content-Length: 10\r\n\r\n{`],
])('%s is not waited for', async (_, bytes) => {
  expect(await sendRaw(url, bytes)).toMatch(/^HTTP\/1.1 408 /)
  expect(told).toEqual([])
})

test.each(['/api/things/%', '/api/things/%c3%28', '/api/things%00', '/api/things?a=%zz'])(
  'an address that is not encoded as it should be, such as %s, is refused and told of',
  async (path) => {
    expect(await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 400 /,
    )
    await expect.poll(() => told).toMatchObject([{ status: 400, reason: 'request.malformed_url' }])
  },
)

test('a smuggled second request is never answered', async () => {
  const smuggled = 'GET /api/things HTTP/1.1\r\nHost: b\r\n\r\n'
  const bytes = `${post}Content-Length: ${smuggled.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`
  expect(await sendRaw(url, bytes)).not.toContain('200 OK')
})

test('a client that goes away in the middle does no harm', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${post}Content-Length: 10\r\n\r\n{`)
  socket.resetAndDestroy()
  expect((await fetch(new URL('/api/things', url))).status).toBe(200)
})

test.each([
  ['TRACE', '/api/things', 405],
  ['PROPFIND', '/api/things', 405],
  ['MKCOL', '/nothing', 404],
  ['CONNECT', 'a:443', 405],
])('%s %s reaches nothing, and is told of', async (method, path, status) => {
  const reply = await sendRaw(url, `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  await expect.poll(() => told).toMatchObject([{ status, method, route: 'none', bearer: undefined }])
})

test.each([
  ['names no host', '', 400, 'request.missing_host'],
  ['expects what nobody knows', 'Host: a\r\nExpect: a-miracle\r\n', 417, 'request.expectation_failed'],
])('what %s is refused, and told of', async (_, headers, status, reason) => {
  const reply = await sendRaw(url, `GET /api/things HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)
  expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  await expect.poll(() => told).toMatchObject([{ status, reason }])
})

test('an absolute address is the path that it has', async () => {
  const reply = await sendRaw(
    url,
    'GET http://evil.test/api/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  expect(reply).toMatch(/^HTTP\/1.1 200 /)
  const other = await sendRaw(
    url,
    'GET http://evil.test/api/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  expect(other).toMatch(/^HTTP\/1.1 404 /)
})
