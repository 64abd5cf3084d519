import { inPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { db, administrator, token, told, replica, knownClients } = await harness()

test('a client is read with its ETag, which a change has to be based on where it says so', async () => {
  const { call, create } = await administrator()
  const { id, clientSecret: _, ...client } = (await create()).json()
  const read = await call('GET', `/${id}`)
  expect(read.json()).toEqual({ id, ...client })
  const etag = String(read.headers.etag)

  const changed = await call('PATCH', `/${id}`, { name: 'Analytical Ltd' }, { 'if-match': etag })
  expect(changed.json()).toMatchObject({ id, name: 'Analytical Ltd', scopes: ['users:read'] })
  expect(changed.headers.etag).not.toBe(etag)
  for (const [method, payload] of [
    ['PATCH', { name: 'Late' }],
    ['PUT', { name: 'Late' }],
    ['DELETE', undefined],
  ] as const)
    expect((await call(method, `/${id}`, payload, { 'if-match': etag })).statusCode).toBe(412)
  expect((await call('GET', `/${id}`)).json().name).toBe('Analytical Ltd')
})

test('a change says in the audit log what was before and what is now', async () => {
  const { tenantId, call, create } = await administrator()
  const { id } = (await create()).json()
  await call('PATCH', `/${id}`, { allowedIps: ['2001:db8::/32'], rateLimitPerMinute: 5 })
  expect((await told(tenantId)).at(-1)).toMatchObject({
    what: 'oauth_client.updated',
    version: 2,
    data: {
      before: { allowedIps: [], rateLimitPerMinute: 600 },
      after: { allowedIps: ['2001:db8::/32'], rateLimitPerMinute: 5 },
    },
  })
})

test('a change holds on every replica within a second', async () => {
  const { call, create } = await administrator()
  const { id } = (await create()).json()
  const replicas = [knownClients, (await replica()).knownClients]
  for (const { find } of replicas) expect((await find(id))?.scopes).toEqual(['users:read'])
  await call('PATCH', `/${id}`, { scopes: ['roles:read'] })
  for (const { find } of replicas)
    await expect.poll(async () => (await find(id))?.scopes).toEqual(['roles:read'])
})

test('nobody widens a client beyond what they hold, not by what they keep of it either; taking away is free', async () => {
  const { tenantId, call, create } = await administrator({
    permissions: ['partner-clients:write', 'partner-clients:read', 'users:read', 'audit:read'],
  })
  const { id } = (await create({ scopes: ['users:read', 'audit:read'] })).json()
  const other = await administrator({
    tenantId,
    permissions: ['partner-clients:write', 'users:read', 'roles:read'],
  })
  for (const scopes of [
    ['audit:read', 'roles:read'],
    ['users:read', 'audit:read', 'roles:read'],
    ['tenants:read'],
  ]) {
    const refused = await other.call('PATCH', `/${id}`, { scopes })
    expect(refused.statusCode).toBe(403)
    expect(refused.json()).toMatchObject({ code: 'client.beyond_own_permissions' })
  }
  expect((await other.call('PATCH', `/${id}`, { scopes: ['audit:read'] })).statusCode).toBe(200)
  expect((await other.call('PATCH', `/${id}`, { scopes: ['users:read', 'roles:read'] })).statusCode).toBe(200)
  expect((await call('GET', `/${id}`)).json().scopes).toEqual(['users:read', 'roles:read'])
})

test.each([
  { scopes: [] },
  { scopes: ['roles:write'] },
  { scopes: ['*'] },
  { allowedIps: ['010.0.0.1'] },
  { allowedIps: ['10.0.0.1/8'] },
  { rateLimitPerMinute: 0 },
  { clientId: 'chosen' },
  { tenantId: '00000000-0000-7000-8000-000000000000' },
  { status: 'active' },
])('a change to %j is refused', async (changes) => {
  const { call, create } = await administrator()
  const { id } = (await create()).json()
  expect((await call('PATCH', `/${id}`, changes)).statusCode).toBe(400)
})

test('a revoked client is kept but dead, for good: its tokens are revoked, it gets no other, and nothing brings it back', async () => {
  const { tenantId, call, create } = await administrator()
  const client = (await create()).json()
  expect((await token(client)).statusCode).toBe(200)
  const revoked = await call('POST', `/${client.id}/revoke`)
  expect(revoked.json()).toMatchObject({ status: 'revoked', revokedAt: expect.any(String) })
  expect((await token(client)).json()).toMatchObject({ error: 'invalid_client' })
  const { revokedAt } = revoked.json()
  expect((await call('POST', `/${client.id}/revoke`)).json()).toMatchObject({ revokedAt })
  expect((await call('PATCH', `/${client.id}`, { name: 'Back' })).statusCode).toBe(409)
  expect((await call('POST', `/${client.id}/secrets`, {})).statusCode).toBe(409)

  const ends = (await told(tenantId)).filter(({ what }) => /revoked|client\.[0-9a-f-]{36}$/.test(what))
  expect(ends).toMatchObject([
    { what: `client.${client.id}` },
    { what: 'oauth_client.revoked', data: { before: { status: 'active' }, after: { status: 'revoked' } } },
  ])
})

test('a deleted client is gone with its secrets, and its tokens with it', async () => {
  const { tenantId, call, create } = await administrator()
  const client = (await create()).json()
  await token(client)
  expect((await call('DELETE', `/${client.id}`)).statusCode).toBe(204)
  expect((await token(client)).json()).toMatchObject({ error: 'invalid_client' })
  expect((await call('GET', `/${client.id}`)).statusCode).toBe(404)
  expect((await call('DELETE', `/${client.id}`)).statusCode).toBe(404)
  const left = await inPlatform(db, (tx) =>
    tx.execute(sql`select 1 from client_secrets where client_id = ${client.id}`),
  )
  expect(left).toHaveLength(0)
  expect((await told(tenantId)).slice(-2)).toMatchObject([
    { what: `client.${client.id}` },
    { what: 'oauth_client.deleted', version: 2, data: { before: { name: 'Difference Ltd' } } },
  ])
})

test('a client of another tenant is answered like one that is not there', async () => {
  const [mine, theirs] = [await administrator(), await administrator()]
  const { id } = (await theirs.create()).json()
  for (const [method, path, payload] of [
    ['GET', '', undefined],
    ['PATCH', '', { name: 'Mine' }],
    ['DELETE', '', undefined],
    ['POST', '/revoke', undefined],
    ['GET', '/secrets', undefined],
    ['POST', '/secrets', {}],
    ['DELETE', `/secrets/${crypto.randomUUID()}`, undefined],
  ] as const) {
    const [foreign, absent] = await Promise.all(
      [id, crypto.randomUUID()].map((each) => mine.call(method, `/${each}${path}`, payload)),
    )
    expect(foreign?.statusCode).toBe(404)
    const { requestId: _, instance: _at, ...body } = foreign?.json() ?? {}
    expect({ ...absent?.json(), requestId: undefined, instance: undefined }).toEqual(body)
  }
  expect((await theirs.call('GET', `/${id}`)).json().name).toBe('Difference Ltd')
})
