import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { publishedKeys } from '@gatehouse/keys/published-keys'
import { eq, sql } from 'drizzle-orm'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { oauthClients } from '../tables.ts'
import { basic, harness } from './harness.ts'

const suspended = new Set<string>()
const partner = await harness({ isTenantActive: async (tenantId) => !suspended.has(tenantId) })
const { app, db, newClient, ask, post, inBody, claimsOf, told, replica } = partner
const grant = { grant_type: 'client_credentials' }

test('a client gets an RFC 9068 token for the partner API alone, which says which client in which tenant may do what, for ten minutes', async () => {
  const client = await newClient()
  const askedAt = Date.now() / 1_000
  const answer = await ask(client)
  expect(answer.statusCode).toBe(200)
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
  const { access_token, ...rest } = answer.json()
  expect(rest).toEqual({
    token_type: 'Bearer',
    expires_in: expect.any(Number),
    scope: 'users:read roles:read',
  })
  const { payload, protectedHeader } = await jwtVerify(
    access_token,
    createLocalJWKSet({ keys: await publishedKeys(db) }),
    { issuer: 'http://issuer.test/api/partner', audience: 'partner-gateway', typ: 'at+jwt' },
  )
  expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) })
  expect(payload).toMatchObject({
    sub: client.id,
    client_id: client.clientId,
    tid: client.tenantId,
    kind: 'partner_client',
    scope: 'users:read roles:read',
    jti: expect.any(String),
  })
  const { iat = 0, exp = 0 } = payload
  expect(exp - iat).toBeLessThanOrEqual(600)
  expect(rest.expires_in).toBeLessThanOrEqual(exp - askedAt)
})

test('what a client is called in OAuth 2 is not its id', async () => {
  const { id, clientId, clientSecret } = await newClient()
  expect(clientId).not.toContain(id)
  expect((await ask({ clientId: id, clientSecret })).statusCode).toBe(401)
})

test('credentials come in the body, form-encoded or as JSON, or by HTTP Basic', async () => {
  const client = await newClient()
  const json = await app.inject({
    method: 'POST',
    url: '/api/partner/oauth/token',
    payload: { ...grant, ...inBody(client) },
  })
  expect(json.statusCode).toBe(200)
  const header = basic(client.clientId, client.clientSecret)
  expect((await post('token', grant, header)).statusCode).toBe(200)
  expect((await post('token', { ...grant, client_id: client.clientId }, header)).statusCode).toBe(200)
})

test('identifier and secret in HTTP Basic are form-encoded first (RFC 6749, section 2.3.1)', async () => {
  const client = await newClient()
  const encoded = (text: string) => text.replace(/[-_g]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  const header = basic(encoded(client.clientId), encoded(client.clientSecret))
  expect((await post('token', grant, header)).statusCode).toBe(200)
  const broken = basic(`${client.clientId}%zz`, client.clientSecret)
  expect((await post('token', grant, broken)).json()).toMatchObject({ error: 'invalid_client' })
})

test('never both ways at once, nor one client in the header and another in the body', async () => {
  const [client, other] = [await newClient(), await newClient()]
  const header = basic(client.clientId, client.clientSecret)
  for (const more of [inBody(client), { client_id: other.clientId }]) {
    const answer = await post('token', { ...grant, ...more }, header)
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: 'invalid_request' })
  }
})

test.each([
  ['a parameter twice', (form: string) => ({ form: `${form}&grant_type=client_credentials` })],
  ['the secret twice', (form: string) => ({ form: `${form}&client_secret=other` })],
  ['the secret in the query', (form: string) => ({ form, query: '?client_secret=x' })],
  ['the type of grant in the query', (form: string) => ({ form, query: '?grant_type=client_credentials' })],
  ['no type of grant', (form: string) => ({ form: form.replace('grant_type', 'grant') })],
])('%s is an invalid_request', async (_, change) => {
  const form = new URLSearchParams({ ...grant, ...inBody(await newClient()) }).toString()
  const { form: changed, query = '' } = { query: '', ...change(form) }
  const answer = await post(`token${query}`, changed)
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ error: 'invalid_request' })
  expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
})

test('a GET is an invalid_request, and says how it is done', async () => {
  const { clientId, clientSecret } = await newClient()
  const query = new URLSearchParams({ ...grant, client_id: clientId, client_secret: clientSecret })
  const answer = await app.inject(`/api/partner/oauth/token?${query}`)
  expect(answer.statusCode).toBe(405)
  expect(answer.headers.allow).toBe('POST')
  expect(answer.json()).toMatchObject({ error: 'invalid_request' })
})

test.each(['password', 'authorization_code', 'refresh_token', 'CLIENT_CREDENTIALS'])(
  'the grant %s is not supported',
  async (grant_type) => {
    const answer = await ask(await newClient(), { grant_type })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: 'unsupported_grant_type' })
  },
)

test('a wrong secret, the secret of another client, an unknown client and none at all get the same answer, with a challenge', async () => {
  const [client, other] = [await newClient(), await newClient()]
  await ask(client)
  const answers = await Promise.all([
    ask({ ...client, clientSecret: `${client.clientSecret}x` }),
    ask({ ...client, clientSecret: other.clientSecret }),
    ask({ ...client, clientId: 'gate_client_unknown' }),
    ask({ ...client, clientId: '%00 or 1=1' }),
    post('token', grant, basic(client.clientId, 'wrong')),
    post('token', grant, { authorization: 'Bearer x' }),
    post('token', grant, { authorization: 'Basic !' }),
    post('token', grant),
  ])
  for (const answer of answers) {
    expect(answer.statusCode).toBe(401)
    expect(answer.headers).toMatchObject({
      'www-authenticate': 'Basic realm="gatehouse", charset="UTF-8"',
      'cache-control': 'no-store',
    })
    expect(answer.json()).toEqual({ ...answers[0]?.json(), error: 'invalid_client' })
  }
})

test('a client asks for a part of its scope, or without one gets all of it; never more', async () => {
  const client = await newClient()
  for (const scope of ['roles:read', ' roles:read  roles:read ']) {
    const answer = (await ask(client, { scope })).json()
    expect(answer.scope).toBe('roles:read')
    expect(claimsOf(answer.access_token).scope).toBe('roles:read')
  }
  expect((await ask(client, { scope: '' })).json().scope).toBe('users:read roles:read')
  for (const scope of ['audit:read', 'users:read audit:read', 'users:write', 'USERS:READ', '*', 'users:']) {
    const refused = await ask(client, { scope })
    expect(refused.statusCode).toBe(400)
    expect(refused.json()).toMatchObject({ error: 'invalid_scope' })
  }
})

test('each token is told of before it is given, with client and scope and without secret or token; those that come together are committed together', async () => {
  const client = await newClient()
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(client, { scope: 'users:read' })))
  const tokens = answers.map((answer) => answer.json().access_token)
  const issued = (await told(client.tenantId)).filter(({ type }) => type === 'partner_token.issued')
  expect(issued).toHaveLength(40)
  for (const { actorid, data } of issued) {
    expect(actorid).toBe(client.id)
    expect(data).toMatchObject({ clientId: client.id, scope: 'users:read' })
  }
  const text = JSON.stringify(issued)
  for (const secret of [client.clientSecret, ...tokens]) expect(text).not.toContain(secret)

  const transactions = await readInPlatform(db, (tx) =>
    tx
      .select({ id: sql`${outbox}.xmin` })
      .from(outbox)
      .where(eq(outbox.tenantId, client.tenantId))
      .groupBy(sql`${outbox}.xmin`),
  )
  expect(transactions.length).toBeLessThan(20)
})

test('a client calls from its addresses alone, in whatever form those are written', async () => {
  const client = await newClient({ allowedIps: ['198.51.100.0/24', '2001:db8::/32'] })
  const from = async (remoteAddress: string) => ask(client, {}, { remoteAddress })
  for (const address of ['198.51.100.7', '::ffff:198.51.100.7', '2001:db8::1'])
    expect((await from(address)).statusCode).toBe(200)
  for (const address of ['192.0.2.1', '2001:db9::1']) {
    const refused = await from(address)
    expect(refused.statusCode).toBe(400)
    expect(refused.json()).toMatchObject({ error: 'unauthorized_client' })
  }
})

test('a client gets no more tokens in a minute than it may make requests, on all replicas together, and is told when to come back', async () => {
  const client = await newClient({ rateLimitPerMinute: 5 })
  const other = await replica()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => ask(client, {}, { server: n % 2 ? app : other.app })),
  )
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(5)
  const refused = answers.find(({ statusCode }) => statusCode === 429)
  expect(refused?.json()).toMatchObject({ error: 'temporarily_unavailable' })
  expect(refused?.headers['retry-after']).toBeDefined()
  const admitted = answers.find(({ statusCode }) => statusCode === 200)
  expect(admitted?.headers).toMatchObject({ 'ratelimit-limit': '5' })
})

test('a client that was revoked on another replica gets no token from that moment on, however well it is known here', async () => {
  const client = await newClient()
  const replicas = [app, (await replica()).app]
  for (const server of replicas) expect((await ask(client, {}, { server })).statusCode).toBe(200)
  await inPlatform(db, (tx) =>
    tx
      .update(oauthClients)
      .set({ revokedAt: sql`now()`, version: sql`version + 1` })
      .where(eq(oauthClients.id, client.id)),
  )
  for (const server of replicas) {
    const refused = await ask(client, {}, { server })
    expect(refused.json()).toMatchObject({ error: 'invalid_client' })
  }
})

test('a scope that was taken away on another replica is in no token from that moment on', async () => {
  const client = await newClient()
  expect((await ask(client)).json().scope).toBe('users:read roles:read')
  await inPlatform(db, (tx) =>
    tx
      .update(oauthClients)
      .set({ scopes: ['users:read'], version: sql`version + 1` })
      .where(eq(oauthClients.id, client.id)),
  )
  expect((await ask(client)).json().scope).toBe('users:read')
})

test('tokens that are asked for while a client is deleted are given before it is gone or not at all', async () => {
  const client = await newClient()
  await ask(client)
  const asking = Array.from({ length: 60 }, () => ask(client))
  const deleting = inPlatform(db, (tx) => tx.delete(oauthClients).where(eq(oauthClients.id, client.id)))
  const answers = await Promise.all(asking)
  await deleting
  expect((await ask(client)).statusCode).toBe(401)
  const given = answers.filter(({ statusCode }) => statusCode === 200)
  const issued = (await told(client.tenantId)).filter(({ type }) => type === 'partner_token.issued')
  expect(issued).toHaveLength(given.length + 1)
  const left = await readInPlatform(db, (tx) =>
    tx.select().from(oauthClients).where(eq(oauthClients.id, client.id)),
  )
  expect(left).toEqual([])
})

test('no client of a tenant that is not active gets a token', async () => {
  const client = await newClient()
  suspended.add(client.tenantId)
  const refused = await ask(client)
  expect(refused.statusCode).toBe(400)
  expect(refused.json()).toMatchObject({ error: 'unauthorized_client' })
  suspended.delete(client.tenantId)
  expect((await ask(client)).statusCode).toBe(200)
})

test('every refusal is told of, with its reason, in the tenant of the client', async () => {
  const client = await newClient({ allowedIps: ['192.0.2.0/24'] })
  await ask({ ...client, clientSecret: 'wrong' })
  await ask(client, { scope: 'audit:read' })
  await ask(client, { grant_type: 'password' })
  await ask(client, {}, { remoteAddress: '198.51.100.1' })
  suspended.add(client.tenantId)
  await ask(client)
  const reasons = (await told(client.tenantId)).map(({ data }) => data)
  expect(reasons).toEqual(
    [
      'wrong_secret',
      'scope_not_granted',
      'unsupported_grant_type',
      'address_not_allowed',
      'tenant_not_active',
    ].map((reason) => ({ clientId: client.id, reason })),
  )
})

test('who guesses is refused from the eleventh time on, on all replicas together, and the client itself still gets in', async () => {
  const client = await newClient()
  const other = await replica()
  const wrong = { ...client, clientSecret: 'guessed' }
  const from = { remoteAddress: '203.0.113.7' }
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) => ask(wrong, {}, { ...from, server: n % 2 ? app : other.app })),
  )
  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  expect(statuses.filter((status) => status === 429)).toHaveLength(20)
  expect(answers.find(({ statusCode }) => statusCode === 429)?.headers['retry-after']).toBeDefined()
  expect((await ask(client, {}, from)).statusCode).toBe(200)
})

test('made-up names from one address are recorded a hundred times, and never the name, which may have been a secret', async () => {
  const names = Array.from({ length: 120 }, (_, n) => `gate_cs_made_up_${n}`)
  const from = { remoteAddress: '203.0.113.8' }
  await Promise.all(names.map((clientId) => ask({ clientId, clientSecret: 'x' }, {}, from)))
  const events = await readInPlatform(db, (tx) => tx.select().from(outbox))
  const mine = events.filter(({ payload }) => JSON.stringify(payload).includes('203.0.113.8'))
  expect(mine.filter(({ subject }) => subject.includes('partner_token'))).toHaveLength(100)
  expect(JSON.stringify(mine)).not.toContain('made_up')
})

test('when a client was last used is written down', async () => {
  const client = await newClient()
  await ask(client)
  const lastUsed = async () => {
    const [row] = await readInPlatform(db, (tx) =>
      tx.select().from(oauthClients).where(eq(oauthClients.id, client.id)),
    )
    return row
  }
  await expect.poll(async () => (await lastUsed())?.lastUsedAt).toBeInstanceOf(Date)
  expect((await lastUsed())?.version).toBe(1)
})

test('the token names the key that signed it, which is published, and nothing private is', async () => {
  const { kid } = decodeProtectedHeader((await ask(await newClient())).json().access_token)
  const answer = await app.inject('/api/partner/.well-known/jwks.json')
  const { keys } = answer.json()
  expect(keys.map((key: { kid: string }) => key.kid)).toContain(kid)
  for (const key of keys)
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})
