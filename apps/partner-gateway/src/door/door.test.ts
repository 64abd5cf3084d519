import type { Endpoint } from '@gatehouse/contracts/endpoint'
import { type Entrance, partnerApiPrefix } from '@gatehouse/contracts/partner-api'
import { partnerScopes } from '@gatehouse/contracts/partner-clients'
import { partnerApi } from '@gatehouse/contracts/services'
import { describe, expect, test } from 'vitest'
import { type Heard, harness } from './harness.ts'

const { call, get, partner, partners, revoked, issuer, behind, auth, url } = await harness({
  trustedProxies: ['127.0.0.1/32'],
})
const id = '0198c0de-0000-7000-8000-000000000001'
const pathOf = ({ url }: Endpoint) => url.replace(/:\w+/g, id)
const enter = ({ entrance }: Entrance, headers: Record<string, string>) =>
  call(entrance.method, pathOf(entrance), headers, entrance.schema.body && '{}')
const users = `${partnerApiPrefix}/users`
const everything = { scopes: [...partnerScopes] }

describe.each(
  partnerApi.map((entrance) => ({ at: `${entrance.entrance.method} ${entrance.entrance.url}`, entrance })),
)('$at', ({ entrance }) => {
  const scope = entrance.behind.config.access

  test('leads to the service behind, with a token for it alone and for this alone', async () => {
    const { headers } = await partner(everything)
    const answer = await enter(entrance, headers)
    expect(answer.status).toBe(200)
    const heard = (await answer.json()) as Heard
    expect(heard).toMatchObject({ method: entrance.behind.method, url: pathOf(entrance.behind) })
    expect(heard.headers.authorization).toBe(`Bearer ${entrance.service}.${auth.exchanged.length}`)
    expect(auth.exchanged.at(-1)).toMatchObject({ audience: entrance.service, scope })
    expect(auth.exchanged.at(-1)?.subject_token).toBe(headers.authorization.slice('Bearer '.length))
  })

  test('is shut to whoever has no token, one that is over, was revoked, is ours, or lacks the permission', async () => {
    const heard = behind.heard.length
    const client = await partner(everything)
    const about = { kind: 'partner_client', subject: client.id, tenantId: client.tenantId } as const
    const over = await partners.as({ ...about, permissions: partnerScopes, expired: true })
    const ours = await issuer.as({ ...about, permissions: partnerScopes })
    const person = await issuer.as({ permissions: partnerScopes })
    for (const headers of [{}, over, ours, person, { 'x-api-key': client.headers.authorization }])
      expect((await enter(entrance, headers)).status).toBe(401)

    const others = partnerScopes.filter((each) => each !== scope)
    const narrow = await partners.as({ ...about, permissions: others })
    expect((await enter(entrance, narrow)).status).toBe(403)
    const user = await partners.as({ ...about, kind: 'user', permissions: partnerScopes })
    expect((await enter(entrance, user)).status).toBe(403)

    revoked.add(client.id)
    expect((await enter(entrance, client.headers)).status).toBe(401)
    expect(behind.heard).toHaveLength(heard)
  })
})

test('what a client has been given counts as it is now: a scope that was taken from it opens nothing', async () => {
  const { id, tenantId } = await partner({ scopes: ['roles:read'] })
  const headers = await partners.as({
    kind: 'partner_client',
    subject: id,
    tenantId,
    permissions: ['users:read', 'roles:read'],
  })
  expect((await get(users, headers)).status).toBe(403)
  expect((await get(`${partnerApiPrefix}/roles`, headers)).status).toBe(200)
})

test('the token of a client that is not there, or of another tenant, is refused', async () => {
  const about = { kind: 'partner_client', permissions: partnerScopes } as const
  const { id: subject } = await partner()
  expect((await get(users, await partners.as(about))).status).toBe(401)
  expect((await get(users, await partners.as({ ...about, subject }))).status).toBe(401)
})

describe('the address of a client', () => {
  const from = async (allowedIps: string[], forwardedFor: string) => {
    const { headers } = await partner({ allowedIps })
    const answer = await get(users, { ...headers, 'x-forwarded-for': forwardedFor })
    return { status: answer.status, body: await answer.json() }
  }

  test.each([
    [['192.0.2.0/24'], '192.0.2.9'],
    [['192.0.2.0/24'], '::ffff:192.0.2.9'],
    [['::ffff:192.0.2.0/120'], '192.0.2.9'],
    [['2001:db8::/32'], '2001:DB8:1::9'],
    [[], '203.0.113.9'],
  ])('%j lets %s in', async (allowedIps, address) => {
    expect((await from(allowedIps, address)).status).toBe(200)
  })

  test.each([
    [['192.0.2.0/24'], '198.51.100.1'],
    // What a client writes stands before what the proxy adds, and is nothing that anybody believes.
    [['192.0.2.0/24'], '192.0.2.9, 198.51.100.1'],
    [['192.0.2.0/24'], '192.0.2.9, 127.0.0.1, 198.51.100.1'],
    [['0.0.0.0/0', '::/0'], 'unknown'],
    [['10.0.0.1'], '010.0.0.1'],
    [[], 'unknown'],
  ])('%j does not let %s in', async (allowedIps, address) => {
    expect(await from(allowedIps, address)).toMatchObject({
      status: 403,
      body: { code: 'client.address_refused', instance: users },
    })
  })
})

test('nothing that a client writes about itself goes on; where it comes from is what the trusted proxies say', async () => {
  const { headers } = await partner()
  const answer = await get(users, {
    ...headers,
    'x-forwarded-for': '203.0.113.9, 192.0.2.9',
    'x-correlation-id': 'tour-0001',
    'x-request-id': 'request-0001',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    accept: 'application/json',
    'x-user-id': 'evil',
    'x-tenant-id': 'evil',
    X_Tenant_Id: 'evil',
    'x-forwarded-host': 'evil',
    'x-forwarded-proto': 'evil',
    forwarded: 'for=evil',
    'x-real-ip': '203.0.113.9',
    'x-original-url': '/api/evil',
    'x-http-method-override': 'DELETE',
    cookie: 'evil=1',
    'x-anything': 'evil',
  })
  const { headers: heard } = (await answer.json()) as Heard
  expect(JSON.stringify(heard)).not.toMatch(/evil|203\.0\.113\.9|DELETE/)
  expect(heard).toMatchObject({
    host: new URL(behind.url).host,
    accept: 'application/json',
    'x-forwarded-for': '192.0.2.9',
    'x-correlation-id': 'tour-0001',
    'x-request-id': 'request-0001',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  expect(answer.headers.get('x-request-id')).toBe('request-0001')
})

test('a client within its limit hears where it stands, and beyond it when to come back', async () => {
  const { headers } = await partner({ rateLimitPerMinute: 2 })
  const first = await get(users, headers)
  expect(first.headers.get('ratelimit-limit')).toBe('2')
  expect(first.headers.get('ratelimit-remaining')).toBe('1')
  let last = first
  while (last.status === 200) last = await get(users, headers)
  expect(last.status).toBe(429)
  expect(last.headers.get('ratelimit-remaining')).toBe('0')
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await last.json()).toMatchObject({ code: 'request.rate_limited', instance: users })
})

test('the query goes on as it was written', async () => {
  const { headers } = await partner()
  const query = '?search=a%2Fb%20%3F../x&limit=7'
  expect(await (await get(`${users}${query}`, headers)).json()).toMatchObject({ url: `/api/users${query}` })
})

test('a token is exchanged once for all who wait, and until it ends never again', async () => {
  const { headers } = await partner()
  const before = auth.exchanged.length
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(users, headers)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  await get(`${partnerApiPrefix}/roles`, headers)
  expect(auth.exchanged.slice(before).map(({ scope }) => scope)).toEqual(['users:read', 'roles:read'])
})

test('the entrances are in the OpenAPI document, with the permission that each asks for', async () => {
  const answer = await fetch(`${url}/api/openapi/partner-gateway.json`)
  const document = (await answer.json()) as {
    paths: Record<string, Record<string, { security: unknown; requestBody?: unknown }>>
  }
  for (const { entrance, behind } of partnerApi) {
    const operation = document.paths[entrance.url.replace(/:(\w+)/g, '{$1}')]?.[entrance.method.toLowerCase()]
    expect(operation?.requestBody !== undefined).toBe(behind.schema.body !== undefined)
    expect(operation?.security).toEqual([{ bearer: [behind.config.access] }])
  }
  expect(JSON.stringify(document)).not.toContain('/internal/')
})
