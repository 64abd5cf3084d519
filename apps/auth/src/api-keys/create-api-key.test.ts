import { apiKeyId } from '@gatehouse/contracts/api-key-format'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { idempotencyKeys } from '@gatehouse/db/idempotency'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { sql } from 'drizzle-orm'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { harness as authHarness, inDirectory, nowhere } from '../harness.ts'
import { apiKeys } from '../tables.ts'
import { harness } from './harness.ts'

const { app, db, as, person, member, create, list, exchange, toldOf } = await harness()

const keyCount = (userId: string) => readInPlatform(db, (tx) => tx.$count(apiKeys, sql`user_id = ${userId}`))

test('somebody makes a key for themselves without any permission, and gets it this once', async () => {
  const { id: userId, tenantId } = await person()
  const headers = await as({ tenantId, subject: userId, permissions: ['users:read', 'roles:read'] })
  const answer = await create(headers, { userId, scopes: ['users:read'] })
  expect(answer.statusCode).toBe(201)
  expect(answer.headers['cache-control']).toBe('no-store')
  const { key, ...record } = answer.json()
  expect(apiKeyId(key)).toBe(record.id)
  expect(record).toMatchObject({
    name: 'ci',
    userId,
    tenantId,
    scopes: ['users:read'],
    lastFour: key.slice(-4),
    lastUsedAt: null,
    expiresAt: null,
  })
  expect(key.startsWith(`${record.prefix}_`)).toBe(true)

  const listed = await list(headers, `?userId=${userId}`)
  expect(listed.json()).toEqual({ data: [record], nextCursor: null })
  expect(await toldOf(record.id)).toMatchObject([
    { subject: 'identity.auth.api_key.created', payload: { actorid: userId } },
  ])
})

test('the key itself is nowhere in the database: not in its record, an event, or what is kept for a retry', async () => {
  const { id: userId, headers } = await person()
  const answer = await create({ ...headers, 'idempotency-key': crypto.randomUUID() }, { userId })
  const { key } = answer.json()
  const secret = key.slice(33, 76)
  const rows = await readInPlatform(db, (tx) =>
    Promise.all([tx.select().from(apiKeys), tx.select().from(outbox), tx.select().from(idempotencyKeys)]),
  )
  const texts = JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  expect(texts).toContain(answer.json().id)
  expect(texts).not.toContain(secret)
})

test('a key opens what it may, as a bearer token and as X-API-Key, and says whom it acts for', async () => {
  const { id: userId, tenantId, headers } = await person()
  const { key, id } = (await create(headers, { userId, scopes: ['api-keys:read'] })).json()
  for (const header of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }]) {
    expect((await list(header)).json().data).toMatchObject([{ id }])
    expect((await list(header)).statusCode).toBe(200)
  }
  const { access_token: token } = (await exchange(key)).json()
  expect(decodeJwt(token)).toMatchObject({
    kind: 'api_key',
    sub: id,
    own: userId,
    tid: tenantId,
    scope: 'api-keys:read',
  })
})

test('a key that lacks a scope does not have it for being its owner’s', async () => {
  const { id: userId, headers } = await person()
  const { key } = (await create(headers, { userId, scopes: ['users:read'] })).json()
  expect((await list({ 'x-api-key': key }, `?userId=${userId}`)).statusCode).toBe(403)
})

test('without scopes a key gets all that both its owner and who makes it hold', async () => {
  const admin = await person()
  const auditor = await member(admin.tenantId, 'auditor')
  const own = await create(admin.headers, { userId: admin.id })
  expect(own.json().scopes.toSorted()).toEqual(admin.permissions.toSorted())
  const forAuditor = await create(admin.headers, { userId: auditor.id })
  expect(forAuditor.json().scopes.toSorted()).toEqual(auditor.permissions.toSorted())
  expect(auditor.permissions.length).toBeLessThan(admin.permissions.length)
})

test.each([
  ['its owner lacks', 'tenants:delete'],
  ['nobody but the platform’s administrators holds', 'platform:read'],
])('no key gets a scope that %s', async (_, scope) => {
  const { id: userId, headers } = await person()
  const answer = await create(headers, { userId, scopes: ['users:read', scope] })
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ code: 'api_key.beyond_permissions' })
  expect(answer.json().detail).toContain(scope)
  expect(await keyCount(userId)).toBe(0)
})

test.each([
  '*',
  'users:*',
  'users:READ',
  'users',
  'users:read ',
  '__proto__',
  'audit:write',
  'tokens:exchange',
])('"%s" is no scope that a key can have', async (scope) => {
  const { id: userId, headers } = await person()
  expect((await create(headers, { userId, scopes: [scope] })).statusCode).toBe(400)
})

test('a key has no more than the narrow token that it was made with', async () => {
  const { id: userId, tenantId } = await person()
  const headers = await as({ tenantId, subject: userId, permissions: ['users:read'] })
  expect((await create(headers, { userId })).json().scopes).toEqual(['users:read'])
  expect((await create(headers, { userId, scopes: ['roles:read'] })).statusCode).toBe(403)
})

test('who makes a key for somebody else needs the permission for it, and gives no more than they hold themselves', async () => {
  const admin = await person()
  const auditor = await member(admin.tenantId, 'auditor')
  const without = await as({
    tenantId: admin.tenantId,
    subject: auditor.id,
    permissions: auditor.permissions,
  })
  expect((await create(without, { userId: admin.id })).statusCode).toBe(403)
  // Says that it may, and holds less than the administrator for whom the key would be.
  const clerk = await as({
    tenantId: admin.tenantId,
    subject: auditor.id,
    permissions: [...auditor.permissions, 'api-keys:write'],
  })
  expect((await create(clerk, { userId: admin.id, scopes: ['users:write'] })).statusCode).toBe(403)
  const made = await create(clerk, { userId: admin.id })
  expect(made.json().scopes.toSorted()).toEqual(auditor.permissions.toSorted())
})

test('nobody makes a key for a person of another tenant, who looks as if they were not there', async () => {
  const [admin, other] = await Promise.all([person(), person()])
  const answers = await Promise.all(
    [other.id, crypto.randomUUID()].map((userId) => create(admin.headers, { userId })),
  )
  for (const answer of answers) {
    expect(answer.statusCode).toBe(404)
    expect({ ...answer.json(), requestId: '' }).toEqual({ ...answers[0]?.json(), requestId: '' })
  }
  expect(await keyCount(other.id)).toBe(0)
})

test('without a token nobody makes a key, whoever they say they are', async () => {
  const { id: userId } = await person()
  expect((await create({}, { userId })).statusCode).toBe(401)
  expect(await keyCount(userId)).toBe(0)
})

test('a key makes no other key, and neither does a service', async () => {
  const { id: userId, tenantId, headers } = await person()
  const { key } = (await create(headers, { userId })).json()
  expect((await create({ 'x-api-key': key }, { userId })).statusCode).toBe(403)
  for (const kind of ['api_key', 'service', 'partner_client'] as const) {
    const caller = await as({ kind, tenantId, subject: userId, permissions: permissionNames })
    expect((await create(caller, { userId })).statusCode).toBe(403)
  }
  expect(await keyCount(userId)).toBe(1)
})

test('for somebody who is suspended no key is made', async () => {
  const admin = await person()
  const auditor = await member(admin.tenantId, 'auditor')
  await inDirectory(sql`update users set status = 'suspended' where id = ${auditor.id}`)
  const answer = await create(admin.headers, { userId: auditor.id })
  expect(answer.statusCode).toBe(409)
  expect(answer.json()).toMatchObject({ code: 'api_key.owner_not_active' })
})

test('a key that would have ended before it began is not made', async () => {
  const { id: userId, headers } = await person()
  const answer = await create(headers, { userId, expiresAt: new Date(Date.now() - 1000).toISOString() })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors).toMatchObject([{ path: 'body.expiresAt' }])
})

test('fifty at once with one Idempotency-Key make one key, and all are shown the same', async () => {
  const { id: userId, headers } = await person()
  const withKey = { ...headers, 'idempotency-key': crypto.randomUUID() }
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(withKey, { userId })))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]))
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  expect(await keyCount(userId)).toBe(1)
  expect((await list({ 'x-api-key': answers[0]?.json().key })).statusCode).toBe(200)
})

test('an Idempotency-Key that comes with another body is refused', async () => {
  const { id: userId, headers } = await person()
  const withKey = { ...headers, 'idempotency-key': crypto.randomUUID() }
  expect((await create(withKey, { userId })).statusCode).toBe(201)
  const answer = await create(withKey, { userId, name: 'another' })
  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({ code: 'request.idempotency_key_reused' })
  expect(await keyCount(userId)).toBe(1)
})

test('the same Idempotency-Key of somebody else, or in another tenant, is another one', async () => {
  const [ada, eve] = await Promise.all([person(), person()])
  const idempotencyKey = { 'idempotency-key': crypto.randomUUID() }
  const first = await create(
    { ...ada.headers, ...idempotencyKey },
    { userId: ada.id, scopes: ['users:read'] },
  )
  const second = await create(
    { ...eve.headers, ...idempotencyKey },
    { userId: eve.id, scopes: ['users:read'] },
  )
  expect([first.statusCode, second.statusCode]).toEqual([201, 201])
  expect(first.json().key).not.toBe(second.json().key)
})

test('without an Idempotency-Key every request makes another key', async () => {
  const { id: userId, headers } = await person()
  const [one, two] = await Promise.all([create(headers, { userId }), create(headers, { userId })])
  expect(one.json().key).not.toBe(two.json().key)
  expect(await keyCount(userId)).toBe(2)
})

test('while the directory is away nothing is made, and the answer says to try again', async () => {
  const { app: alone } = await authHarness({ directoryUrl: nowhere })
  const userId = crypto.randomUUID()
  const headers = await as({ subject: userId, permissions: ['api-keys:write'] })
  const answer = await alone.inject({
    method: 'POST',
    url: '/api/api-keys',
    headers,
    payload: { name: 'ci', userId },
  })
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
})

test('every route of API keys is there', () => {
  const routes = app.accessTable.filter(({ url }) => url.startsWith('/api/api-keys'))
  expect(routes.map(({ method }) => method).sort()).toEqual(['DELETE', 'GET', 'HEAD', 'POST', 'POST'])
})
