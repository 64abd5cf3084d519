import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { clientUsage } from '../tables.ts'
import { harness } from './harness.ts'

const users = '/api/partner/v1/users'
const { sendRaw, partner, behind, db, calls, account } = await harness()
const { headers, tenantId } = await partner()
const { authorization } = headers

const statusOf = (reply: string) => Number(reply.split(' ', 2)[1])
const send = (request: string, more = '') =>
  sendRaw(
    `${request} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nConnection: close\r\n${more}\r\n`,
  )

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

test('what a client tries that is not open, or is no request for it, is told of in its name', async () => {
  const person = `${users}/0198c0de-0000-7000-8000-000000000001`
  await send(`GET ${users}/..%2f..%2finternal%2fprincipals`)
  await send(`GET ${users}/%2e%2e/roles`)
  await send(`DELETE ${person}`)
  await send(`GET ${users}/me`)
  await send(`GET ${users}`, 'Content-Length: 104857600\r\n')
  await calls.stop()
  await account.write()
  const { told, counted } = await readInPlatform(db, async (tx) => ({
    told: await tx.select().from(outbox).where(eq(outbox.tenantId, tenantId)),
    counted: await tx.select().from(clientUsage).where(eq(clientUsage.tenantId, tenantId)),
  }))
  const data = told.map(({ payload }) => (payload as { data: Record<string, unknown> }).data)
  const open = '/api/partner/v1/*'
  for (const [method, route, reason] of [
    ['GET', open, 'request.unknown_route'],
    ['DELETE', open, 'request.wrong_method'],
    ['GET', `${users}/:id`, 'request.invalid'],
    ['GET', users, 'request.body_too_large'],
  ])
    expect(data).toContainEqual(expect.objectContaining({ method, route, reason, outcome: 'refused' }))
  expect(counted).toContainEqual(
    expect.objectContaining({ operation: 'partnerNotOpen', outcome: 'refused_request' }),
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
