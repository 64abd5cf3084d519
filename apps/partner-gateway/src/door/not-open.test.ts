import { platformTenantId } from '@gatehouse/contracts/principal'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { asc, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { clientUsage } from '../tables.ts'
import { harness } from './harness.ts'

const users = '/api/partner/v1/users'
const { sendRaw, partner, behind, db, replica, calls, denials, account } = await harness()
const { headers } = await partner()
const { authorization } = headers

const statusOf = (reply: string) => Number(reply.split(' ', 2)[1])
const methodOf = (request: string) => request.split(' ', 1)[0]
const sender =
  (authorization: string) =>
  (request: string, more = '') =>
    sendRaw(
      `${request} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close\r\n${more}\r\n`,
    )
const send = sender(authorization)
/** What the outbox has of a tenant, in order. */
const toldOf = async (tenantId: string) => {
  const rows = await readInPlatform(db, (tx) =>
    tx.select().from(outbox).where(eq(outbox.tenantId, tenantId)).orderBy(asc(outbox.position)),
  )
  return rows.map(({ payload }) => (payload as { data: Record<string, unknown> }).data)
}

beforeEach(() => {
  behind.heard.length = 0
})

test.each([
  `${users}/..%2f..%2f..%2finternal%2fprincipals`,
  `${users}/%2e%2e/roles`,
  `${users}/../tenants`,
  `${users}/./`,
  `${users}%2f0198c0de-0000-7000-8000-000000000001`,
  `${users}/0198c0de-0000-7000-8000-000000000001%2fexport`,
  `${users}/0198c0de-0000-7000-8000-000000000001/roles`,
  `${users}/me`,
  `${users}/me/export`,
  `${users}/`,
  `/${users}`,
  `/api/partner//v1/users`,
  '/API/partner/v1/users',
  '/api/partner/V1/users',
  '/api/partner/v1/Users',
  '/api/partner/v2/users',
  `${users};a=b`,
  `${users}%00`,
  `${users}%`,
  '/api/partner/v1/internal/principals/resolve',
  '/api/partner/v1/auth/introspect',
  '/api/partner/v1/api-keys',
  '/api/partner/v1/http://evil.example/',
  '*',
])('GET %s reaches nothing', async (path) => {
  expect(statusOf(await send(`GET ${path}`))).toBeOneOf([400, 404])
  expect(behind.heard).toEqual([])
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND'])(
  '%s reaches nothing',
  async (method) => {
    const reply = await send(`${method} ${users}`, 'X-HTTP-Method-Override: GET\r\n')
    expect(reply === '' ? 405 : statusOf(reply)).toBeOneOf([400, 404, 405])
    expect(behind.heard).toEqual([])
  },
)

test('an absolute address is the path that it has, and no other server', async () => {
  expect(statusOf(await send(`GET http://evil.example${users}`))).toBe(200)
  expect(behind.heard).toMatchObject([{ url: '/api/users', headers: { host: new URL(behind.url).host } }])
})

const smuggled = `GET ${users} HTTP/1.1\r\nHost: b\r\nAuthorization: ${authorization}\r\n\r\n`
test.each([
  ['a length and chunks', `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['two lengths', `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
  ['chunks written oddly', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a header that goes on in the next line', `X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n${smuggled}`],
  ['a bare line feed', `X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a space before a colon', `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['NUL', `X-A: b\0c\r\n\r\n${smuggled}`],
])('a second request is not smuggled in by %s', async (_, rest) => {
  const reply = await sendRaw(
    `GET ${users} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n${rest}`,
  )
  expect(statusOf(reply)).toBeOneOf([400, 413])
  expect(reply).not.toContain(' 200 ')
  expect(behind.heard).toEqual([])
})

test.each([
  ['of 100 MB', 'Content-Length: 104857600\r\n'],
  ['without an end', 'Transfer-Encoding: chunked\r\n'],
])('a body %s is refused before any of it is read', async (_, framing) => {
  const reply = await sendRaw(
    `GET ${users} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n${framing}\r\n`,
  )
  expect(statusOf(reply)).toBe(413)
  expect(behind.heard).toEqual([])
})

const person = `${users}/0198c0de-0000-7000-8000-000000000001`
const open = '/api/partner/v1/*'
const odd = [
  [`GET /${users}`, 404, 'request.unknown_route'],
  ['GET /api/partner//v1/users', 404, 'request.unknown_route'],
  ['GET /API/partner/v1/users', 404, 'request.unknown_route'],
  ['GET /api/Partner/v1/users', 404, 'request.unknown_route'],
  ['GET /x/../api/partner/v1/users', 404, 'request.unknown_route'],
  ['GET /api%2fpartner/v1/users', 404, 'request.unknown_route'],
  [`TRACE ${users}`, 405, 'request.wrong_method'],
  [`PROPFIND ${users}`, 405, 'request.wrong_method'],
] as const
const chunksToo = 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'
const hugeForm = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 104857600\r\n'
const unlawful = [
  [`CONNECT ${users}`, '', 405, 'request.wrong_method', 'CONNECT'],
  [`GET ${users}%`, '', 400, 'request.malformed_url', 'GET'],
  [`GET ${users}/../tenants`, '', 401, 'auth.unauthenticated', 'GET'],
  [`GET ${users}`, chunksToo, 400, 'request.malformed', 'none'],
  [`GET ${users}`, 'Content-Length: 0\r\nContent-Length: 9\r\n', 400, 'request.malformed', 'none'],
  [`GET ${users}`, `X-A: ${'b'.repeat(20_000)}\r\n`, 431, 'request.headers_too_large', 'none'],
  [`GET ${users}`, 'Content-Length: 104857600\r\n', 401, 'auth.unauthenticated', 'GET'],
  ['POST /api/partner/oauth/token', hugeForm, 413, 'request.body_too_large', 'POST'],
] as const

describe('what is tried', () => {
  test('by a client is told of in its name, and is on its account', async () => {
    const { headers, tenantId } = await partner()
    const send = sender(headers.authorization)
    for (const [request, status] of odd) expect(statusOf(await send(request))).toBe(status)
    await send(`GET ${users}/..%2f..%2finternal%2fprincipals`)
    await send(`GET ${users}/%2e%2e/roles`)
    await send(`DELETE ${person}`)
    await send(`GET ${users}/me`)
    await send(`GET ${users}`, 'Content-Length: 104857600\r\n')
    await Promise.all([calls.stop(), denials.stop(), account.write()])
    const told = await toldOf(tenantId)
    for (const [request, status, reason] of odd) {
      const method = methodOf(request)
      expect(told).toContainEqual(expect.objectContaining({ status, reason, method, route: 'none' }))
    }
    for (const [method, route, reason] of [
      ['GET', open, 'request.unknown_route'],
      ['DELETE', open, 'request.wrong_method'],
      ['GET', `${users}/:id`, 'request.invalid'],
      ['GET', users, 'request.body_too_large'],
    ])
      expect(told).toContainEqual(expect.objectContaining({ method, route, reason, outcome: 'refused' }))
    const counted = await readInPlatform(db, (tx) =>
      tx.select().from(clientUsage).where(eq(clientUsage.tenantId, tenantId)),
    )
    const notOpen = counted.filter(({ operation }) => operation === 'partnerNotOpen')
    expect(notOpen).toMatchObject([{ outcome: 'refused_request', calls: odd.length + 2 }])
  })

  test.each([
    ...odd.map(([request, status, reason]) => [request, '', status, reason, methodOf(request)] as const),
    ...unlawful,
  ])(
    'by nobody who is known is counted for its network: %s %#',
    async (request, more, status, reason, method) => {
      const { app, denials } = await replica()
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      const before = await toldOf(platformTenantId)
      const bytes = `${request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`
      for (let n = 0; n < 5; n++) expect(statusOf(await sendRaw(bytes, url))).toBe(status)
      await app.close()
      await denials.stop()
      const told = (await toldOf(platformTenantId)).slice(before.length) as { count: number }[]
      for (const each of told) expect(each).toMatchObject({ status, reason, method })
      expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(5)
      // The first at once, and the others together.
      expect(told.length).toBeLessThanOrEqual(2)
    },
  )
})

test('what Connection names does not take away what the gateway says', async () => {
  await sendRaw(
    `GET ${users} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close, X-Forwarded-For, Authorization, X-Tenant-Id\r\nX-Tenant-Id: evil\r\n\r\n`,
  )
  const [{ headers } = { headers: {} }] = behind.heard
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', authorization: /^Bearer directory\./ })
  expect(JSON.stringify(headers)).not.toContain('evil')
})
