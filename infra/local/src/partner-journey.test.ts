import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ShownMail } from './mail/mail-html.ts'
import { startNginx } from './nginx/nginx.ts'
import { type Platform, startPlatform } from './platform.ts'
import { freePort } from './state/ports.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-partners-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

type Headers = Record<string, string>

/** Calls the API through the gateway. */
async function call(path: string, headers: Headers, body?: object, method = body ? 'POST' : 'GET') {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : undefined }
}

const register = async (more: object) => {
  const email = `${crypto.randomUUID()}@people.example`
  const person = { email, password: 'correct horse battery staple', firstName: 'Ada', lastName: 'Lovelace' }
  const registered = await call('/api/auth/register', {}, { ...person, ...more })
  expect(registered.status).toBe(201)
  return registered.json
}

/** Somebody else of a tenant, who has come by an invite. */
async function member(admin: Headers, tenantId: string) {
  const email = `${crypto.randomUUID()}@people.example`
  expect((await call(`/api/tenants/${tenantId}/invites`, admin, { email })).status).toBe(201)
  const inviteToken = await vi.waitFor(
    async () => {
      const { data } = (await (await fetch(`${platform.mail.url}/mails`)).json()) as { data: ShownMail[] }
      const [, token] = /invites\?token=([\w-]+)/.exec(data.find(({ to }) => to === email)?.text ?? '') ?? []
      expect(token).toBeDefined()
      return token
    },
    { timeout: 10_000, interval: 50 },
  )
  const { user } = await register({ email, inviteToken })
  return user
}

/** An administrator of a tenant of their own, and a partner's client with a token. */
async function partner(more: object = {}) {
  const { accessToken, user } = await register({ companyName: 'Analytical Engines', country: 'GB' })
  const admin = { authorization: `Bearer ${accessToken}` }
  const scopes = ['users:read', 'tenants:read']
  const created = await call('/api/partner/clients', admin, { name: 'Difference Ltd', scopes, ...more })
  expect(created.status).toBe(201)
  const { id, clientId, clientSecret } = created.json
  const grant = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  const issued = await call('/api/partner/oauth/token', {}, grant)
  expect(issued.status).toBe(200)
  const token: string = issued.json.access_token
  return { id, user, admin, grant, token, headers: { authorization: `Bearer ${token}` } }
}

test('a partner reads what it is let read, and no more; the audit log and its account say so', async () => {
  const { id, user, admin, headers } = await partner()
  const listed = await call('/api/partner/v1/users', { ...headers, 'x-correlation-id': 'partner-0001' })
  expect(listed.status).toBe(200)
  expect(listed.json.data).toMatchObject([{ id: user.id }])
  expect((await call(`/api/partner/v1/tenants/${user.tenantId}`, headers)).json).toMatchObject({
    id: user.tenantId,
  })
  expect((await call('/api/partner/v1/roles', headers)).status).toBe(403)
  // Its token opens the door, and nothing behind it by itself.
  expect((await call('/api/users', headers)).status).toBe(401)
  expect((await call('/api/api/partner/v1/users', headers)).status).toBe(200)
  expect((await call('/api/api/partner/v1/users', {})).status).toBe(401)
  expect((await call('/api/api/partner/clients', {})).status).toBe(401)
  expect((await call('/internal/authorize', headers)).status).toBe(404)

  await vi.waitFor(
    async () => {
      const { data } = (await call('/api/audit-logs?limit=100', admin)).json
      expect(data).toContainEqual(
        expect.objectContaining({
          action: 'token.exchanged',
          actorId: 'partner-gateway',
          correlationId: 'partner-0001',
          tenantId: user.tenantId,
        }),
      )
      expect(data).toContainEqual(
        expect.objectContaining({
          action: 'partner_api.called',
          actorType: 'partner_client',
          actorId: id,
          correlationId: 'partner-0001',
          tenantId: user.tenantId,
          metadata: expect.objectContaining({ method: 'GET', route: '/api/partner/v1/users', count: 1 }),
        }),
      )
      expect(data).toContainEqual(
        expect.objectContaining({ action: 'access.denied', actorType: 'partner_client', actorId: id }),
      )
    },
    { timeout: 10_000, interval: 100 },
  )
  await vi.waitFor(
    async () => {
      const usage = await call(`/api/partner/clients/${id}/usage`, admin)
      expect(usage.json.data).toMatchObject([{ calls: 4, answered: 3, refused: { scope: 1 } }])
    },
    { timeout: 10_000, interval: 100 },
  )
})

test('a partner suspends a person: the audit log says who did it, through whom, and what became of the person', async () => {
  const { id, user, admin, headers } = await partner({ scopes: ['users:read', 'users:write'] })
  const { id: invited } = await member(admin, user.tenantId)
  const path = `/api/partner/v1/users/${invited}`
  expect((await call(path, headers, { firstName: 'Augusta' }, 'PATCH')).json).toMatchObject({
    firstName: 'Augusta',
  })
  expect((await call(`${path}/deactivate`, headers, undefined, 'POST')).json).toMatchObject({
    status: 'suspended',
  })
  // What is not open to partners, or needs more than they can hold, stays shut.
  expect((await call(path, headers, { roles: ['tenant-admin'] }, 'PATCH')).status).toBe(403)
  expect((await call(path, headers, undefined, 'DELETE')).status).toBe(405)
  const { headers: readOnly } = await partner()
  expect((await call(`${path}/deactivate`, readOnly, undefined, 'POST')).status).toBe(403)

  const entry = {
    tenantId: user.tenantId,
    actorType: 'partner_client',
    actorId: id,
    resourceId: invited,
    service: 'directory',
    metadata: expect.objectContaining({ through: ['partner-gateway'] }),
  }
  await vi.waitFor(
    async () => {
      const { data } = (await call(`/api/audit-logs?actorId=${id}`, admin)).json
      expect(data).toContainEqual(
        expect.objectContaining({
          ...entry,
          action: 'user.deactivated',
          previousState: { status: 'active' },
          newState: { status: 'suspended' },
        }),
      )
      expect(data).toContainEqual(
        expect.objectContaining({ ...entry, action: 'user.updated', newState: expect.anything() }),
      )
    },
    { timeout: 10_000, interval: 100 },
  )
})

test('a client that was revoked is refused at the door within a second', async () => {
  const { id, admin, headers } = await partner()
  expect((await call('/api/partner/v1/users', headers)).status).toBe(200)
  expect((await call(`/api/partner/clients/${id}/revoke`, admin, {})).status).toBe(200)
  await expect
    .poll(async () => (await call('/api/partner/v1/users', headers)).status, { interval: 20, timeout: 5_000 })
    .toBe(401)
})

test('a client gives one token up, and that alone is refused at the door within a second', async () => {
  const { grant, token, headers } = await partner()
  const { access_token: other } = (await call('/api/partner/oauth/token', {}, grant)).json
  const { grant_type: _, ...credentials } = grant
  expect((await call('/api/partner/oauth/revoke', {}, { ...credentials, token })).status).toBe(200)
  await expect
    .poll(async () => (await call('/api/partner/v1/users', headers)).status, { interval: 20, timeout: 5_000 })
    .toBe(401)
  const others = { authorization: `Bearer ${other}` }
  expect((await call('/api/partner/v1/users', others)).status).toBe(200)
})

test('a secret that is removed takes its tokens with it within a second, and the client goes on with the other', async () => {
  const { id, admin, grant, headers } = await partner()
  const path = `/api/partner/clients/${id}/secrets`
  const { json: added } = await call(path, admin, {})
  const next = { ...grant, client_secret: added.clientSecret }
  const { access_token: token } = (await call('/api/partner/oauth/token', {}, next)).json
  const { data } = (await call(path, admin)).json
  const leaked = data.find((secret: { id: string }) => secret.id !== added.id)
  expect((await call(`${path}/${leaked.id}`, admin, undefined, 'DELETE')).status).toBe(204)
  await expect
    .poll(async () => (await call('/api/partner/v1/users', headers)).status, { interval: 20, timeout: 5_000 })
    .toBe(401)
  const others = { authorization: `Bearer ${token}` }
  expect((await call('/api/partner/v1/users', others)).status).toBe(200)
})

test('no client of a suspended tenant gets a token, and those that it has are refused; once it goes on, it gets them again', async () => {
  const { user, grant, headers } = await partner()
  const signedIn = await call('/api/auth/login', {}, platform.admin)
  const operator = { authorization: `Bearer ${signedIn.json.accessToken}` }
  const ask = async () => (await call('/api/partner/oauth/token', {}, grant)).status
  const become = async (what: string) =>
    expect((await call(`/api/tenants/${user.tenantId}/${what}`, operator, {})).status).toBe(200)
  const within = { interval: 20, timeout: 5_000 }

  await become('suspend')
  await expect.poll(ask, within).toBe(400)
  await expect.poll(async () => (await call('/api/partner/v1/users', headers)).status, within).toBe(401)
  await become('reactivate')
  await expect.poll(ask, within).toBe(200)
})

test('a gateway that is killed loses of the usage what was not written yet, and nothing else', async () => {
  const { id, admin, headers } = await partner()
  const service = platform.services['partner-gateway']
  const ask = async (times: number) => {
    for (let n = 0; n < times; n++) expect((await call('/api/partner/v1/users', headers)).status).toBe(200)
  }
  const usage = async () => {
    const { json } = await call(`/api/partner/clients/${id}/usage`, admin)
    return (json.data ?? []).reduce((sum: number, { calls }: { calls: number }) => sum + calls, 0)
  }
  const within = { timeout: 15_000, interval: 100 }
  await ask(5)
  await expect.poll(usage, within).toBe(5)
  await ask(7)
  const { pid } = service
  service.kill()
  await vi.waitFor(async () => {
    expect(service.pid).not.toBe(pid)
    expect((await fetch(`${service.url}/ready`)).status).toBe(200)
  }, within)
  const left = await usage()
  expect(left).toBeGreaterThanOrEqual(5)
  expect(left).toBeLessThanOrEqual(12)
  await ask(3)
  await expect.poll(usage, within).toBe(left + 3)
})

test('nginx, asking by auth_request, lets a partner through to another product, named, and nobody else', async () => {
  const product = await startProduct()
  const place = join(folder, 'nginx')
  await mkdir(place)
  const authorize = `${platform.services['partner-gateway'].url}/internal/authorize`
  const nginx = await startNginx({
    folder: place,
    port: await freePort(),
    server: served(product.url, authorize),
  })
  const get = (path: string, headers: Headers = {}) => fetch(`${nginx.url}${path}`, { headers })
  try {
    const { id, user, headers } = await partner({ rateLimitPerMinute: 5 })
    const answer = await get('/orders/7', { ...headers, 'x-gatehouse-tenant': 'evil' })
    expect(answer.status).toBe(200)
    expect(product.heard).toMatchObject([
      {
        url: '/orders/7',
        headers: { 'x-gatehouse-client': id, 'x-gatehouse-tenant': user.tenantId },
      },
    ])
    expect((await get('/orders/7')).status).toBe(401)
    expect((await get('/reports', headers)).status).toBe(403)
    let last = await get('/orders/7', headers)
    while (last.status === 200) last = await get('/orders/7', headers)
    expect(last.status).toBe(429)
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  } finally {
    await nginx.stop()
    product.stop()
  }
})

/** What the README of the partner gateway shows. */
const served = (product: string, authorize: string) => `
  location / {
    auth_request /authorized;
    auth_request_set $client $upstream_http_x_gatehouse_client;
    auth_request_set $tenant $upstream_http_x_gatehouse_tenant;
    auth_request_set $refused $upstream_status;
    auth_request_set $retry_after $upstream_http_retry_after;
    # nginx takes any answer but 2xx, 401 and 403 for a failure: what it was is told here.
    error_page 500 = @refused;
    proxy_set_header X-Gatehouse-Client $client;
    proxy_set_header X-Gatehouse-Tenant $tenant;
    proxy_pass ${product};
  }
  location /reports {
    set $scope audit:read;
    auth_request /authorized;
    proxy_pass ${product};
  }
  location = /authorized {
    internal;
    proxy_method GET;
    proxy_pass ${authorize};
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Gatehouse-Required-Scope $scope;
    proxy_set_header X-Forwarded-For $remote_addr;
  }
  location @refused {
    add_header Retry-After $retry_after always;
    if ($refused = 429) { return 429; }
    return 503;
  }`

/** A product that knows nothing of tokens. */
async function startProduct() {
  const heard: { url: string | undefined; headers: IncomingHttpHeaders }[] = []
  const server = createServer(({ url, headers }, response) => {
    heard.push({ url, headers })
    response.end('ok')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { heard, url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}
