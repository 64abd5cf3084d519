import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'

const { app, partner, partners, revoked, issuer } = await harness({ trustedProxies: ['127.0.0.1/32'] })

type Headers = Record<string, string>
const ask = (
  headers: Headers,
  url = '/internal/authorize',
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' = 'GET',
) => app.inject({ method, url, headers })

test('who may be let through is named, with tenant and scope, and nothing is said besides', async () => {
  const { headers, id, tenantId } = await partner()
  const answer = await ask(headers)
  expect({ status: answer.statusCode, body: answer.body }).toEqual({ status: 204, body: '' })
  expect(answer.headers).toMatchObject({
    'x-gatehouse-client': id,
    'x-gatehouse-tenant': tenantId,
    'x-gatehouse-scope': 'users:read roles:read tenants:read',
    'ratelimit-limit': '600',
  })
})

test('the checks are those of the door: token, address and limit', async () => {
  expect((await ask({})).statusCode).toBe(401)
  expect((await ask(await issuer.as({ permissions: partnerScopes }))).statusCode).toBe(401)
  const listed = await partner({ allowedIps: ['192.0.2.0/24'] })
  expect((await ask({ ...listed.headers, 'x-forwarded-for': '192.0.2.7, 203.0.113.9' })).statusCode).toBe(403)
  expect((await ask({ ...listed.headers, 'x-forwarded-for': '192.0.2.7' })).statusCode).toBe(204)
  const { headers, id } = await partner({ rateLimitPerMinute: 1 })
  let answer = await ask(headers)
  while (answer.statusCode === 204) answer = await ask(headers)
  expect(answer.statusCode).toBe(429)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  revoked.add(id)
  expect((await ask(headers)).statusCode).toBe(401)
})

test.each([
  ['users:read', 204],
  ['users:read roles:read', 204],
  ['audit:read', 403],
  ['users:read audit:read', 403],
  ['users:write', 403],
  ['nothing:known', 403],
])('a gateway that requires %s is answered with %i, asked by query or by header', async (scope, status) => {
  const { headers } = await partner()
  const byQuery = await ask(headers, `/internal/authorize?scope=${encodeURIComponent(scope)}`)
  const byHeader = await ask({ ...headers, 'x-gatehouse-required-scope': scope })
  expect([byQuery.statusCode, byHeader.statusCode]).toEqual([status, status])
})

test('of a scope that the client was left without, or that its token lacks, nothing is said', async () => {
  const { id: subject, tenantId } = await partner({ scopes: ['users:read', 'audit:read'] })
  const permissions = ['users:read', 'roles:read'] as const
  const headers = await partners.as({ kind: 'partner_client', subject, tenantId, permissions })
  expect((await ask(headers)).headers['x-gatehouse-scope']).toBe('users:read')
})

test('asked as Envoy does, with method, path and query of the call, it answers alike', async () => {
  const partners = await partner()
  const headers = { ...partners.headers, 'content-type': 'text/plain', 'content-length': '0' }
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)
    expect((await ask(headers, '/internal/authorize/orders/7?scope=anything', method)).statusCode).toBe(204)
  const required = { ...headers, 'x-gatehouse-required-scope': 'audit:read' }
  expect((await ask(required, '/internal/authorize/orders/7', 'POST')).statusCode).toBe(403)
  expect((await ask({}, '/internal/authorize/orders/7', 'POST')).statusCode).toBe(401)
})
