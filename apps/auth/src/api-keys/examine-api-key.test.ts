import { formatApiKey } from '@gatehouse/contracts/api-key-format'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { eq, type SQL, sql } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { inDirectory } from '../harness.ts'
import { mfaFactors } from '../tables.ts'
import { harness } from './harness.ts'
import { createRecordUse } from './record-use.ts'

const { app, db, as, person, member, create, remove, list, exchange } = await harness()

async function newKey(more: object = {}) {
  const owner = await person()
  const { id, key } = (await create(owner.headers, { userId: owner.id, ...more })).json()
  return { owner, id, key }
}

/** What every service would answer: auth itself, and one that exchanges the key. */
const statusesOf = async (key: string) => [
  (await list({ 'x-api-key': key })).statusCode,
  (await list({ authorization: `Bearer ${key}` })).statusCode,
  (await exchange(key)).statusCode,
]
const refused = [401, 401, 400]

test.each<[string, (of: { userId: string; tenantId: string }) => SQL]>([
  ['its owner is suspended', ({ userId }) => sql`update users set status = 'suspended' where id = ${userId}`],
  ['its owner is deleted', ({ userId }) => sql`update users set status = 'deleted' where id = ${userId}`],
  ['its owner is pending', ({ userId }) => sql`update users set status = 'pending' where id = ${userId}`],
  [
    'its tenant is suspended',
    ({ tenantId }) => sql`update tenants set status = 'suspended' where id = ${tenantId}`,
  ],
  [
    'its tenant is deleted',
    ({ tenantId }) => sql`update tenants set status = 'deleted' where id = ${tenantId}`,
  ],
])('a key is refused while %s', async (_, change) => {
  const { owner, key } = await newKey()
  await inDirectory(change({ userId: owner.id, tenantId: owner.tenantId }))
  expect(await statusesOf(key)).toEqual(refused)
})

test('a key is refused once its owner has left the tenant, and their keys elsewhere go on', async () => {
  const admin = await person()
  const colleague = await member(admin.tenantId, 'auditor')
  const here = (await create(colleague.headers, { userId: colleague.id })).json()
  await inDirectory(
    sql`delete from role_assignments where user_id = ${colleague.id} and tenant_id = ${admin.tenantId}`,
  )
  await inDirectory(
    sql`delete from memberships where user_id = ${colleague.id} and tenant_id = ${admin.tenantId}`,
  )
  expect((await exchange(here.key)).statusCode).toBe(400)
  const { key } = await newKey()
  expect((await exchange(key)).statusCode).toBe(200)
})

test('a key of somebody who is let in again is good again', async () => {
  const { owner, key } = await newKey()
  await inDirectory(sql`update users set status = 'suspended' where id = ${owner.id}`)
  expect((await exchange(key)).statusCode).toBe(400)
  await inDirectory(sql`update users set status = 'active' where id = ${owner.id}`)
  expect((await exchange(key)).statusCode).toBe(200)
})

test('a key never has more than its owner holds now, whatever its scopes say', async () => {
  const admin = await person()
  const colleague = await member(admin.tenantId, 'tenant-admin')
  const { key } = (await create(colleague.headers, { userId: colleague.id })).json()
  const scopeOf = async () => (await exchange(key)).json().scope.split(' ').filter(Boolean)
  expect(await scopeOf()).toContain('users:write')
  const auditor = await member(admin.tenantId, 'auditor')
  await inDirectory(sql`update role_assignments set role_id =
    (select id from roles where name = 'auditor' and category = 'system')
    where user_id = ${colleague.id} and tenant_id = ${admin.tenantId}`)
  expect((await scopeOf()).toSorted()).toEqual(auditor.permissions.toSorted())
  await inDirectory(
    sql`delete from role_assignments where user_id = ${colleague.id} and tenant_id = ${admin.tenantId}`,
  )
  expect(await scopeOf()).toEqual([])
})

test('a key is refused from the moment it expires', async () => {
  const { id, key } = await newKey({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })
  expect((await exchange(key)).json().expires_in).toBeGreaterThan(590)
  await inPlatform(db, (tx) =>
    tx.execute(sql`update api_keys set expires_at = now() + interval '60 s' where id = ${id}`),
  )
  expect((await exchange(key)).json().expires_in).toBeLessThanOrEqual(60)
  await inPlatform(db, (tx) => tx.execute(sql`update api_keys set expires_at = now() where id = ${id}`))
  expect(await statusesOf(key)).toEqual(refused)
})

test('a key with the right id and any other secret is refused like one that never was', async () => {
  const { id, key } = await newKey()
  const forged = formatApiKey(id, crypto.getRandomValues(new Uint8Array(32)))
  const unknown = formatApiKey(crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(32)))
  const answers = await Promise.all([exchange(forged), exchange(unknown), exchange(`${key}x`)])
  for (const answer of answers) {
    expect(answer.statusCode).toBe(400)
    expect(answer.body).toBe(answers[0]?.body)
  }
  expect(await statusesOf(forged)).toEqual(refused)
})

test('a deleted key is refused by auth itself at once', async () => {
  const { owner, id, key } = await newKey()
  await remove(owner.headers, id)
  expect(await statusesOf(key)).toEqual(refused)
})

test('a key that is used says so, without its caller waiting, and is not written to again within a minute', async () => {
  const { owner, id, key } = await newKey()
  const lastUsed = async () => (await list(owner.headers)).json().data[0].lastUsedAt
  expect(await lastUsed()).toBeNull()
  await exchange(key)
  const first = await vi.waitFor(async () => {
    const at = await lastUsed()
    expect(at).not.toBeNull()
    return at
  }, 10_000)
  expect(Date.parse(first)).toBeGreaterThan(Date.now() - 10_000)

  // Another replica knows nothing of it but what the database says.
  const recordUse = createRecordUse({ db, log: { info() {}, warn() {}, error() {} } })
  const other = await newKey()
  recordUse(id)
  recordUse(other.id)
  await vi.waitFor(
    async () => expect((await list(other.owner.headers)).json().data[0].lastUsedAt).not.toBeNull(),
    10_000,
  )
  expect(await lastUsed()).toBe(first)
})

test('a tenant that lets nobody in without a second factor does not let in the key of somebody who has none, whoever else has one', async () => {
  const { owner, key } = await newKey()
  const { owner: other } = await newKey()
  const confirmedAt = new Date()
  const factor = { id: other.id, userId: other.id, kind: 'totp', sealedSecret: 'x', confirmedAt } as const
  await inPlatform(db, (tx) => tx.insert(mfaFactors).values(factor))
  await inDirectory(sql`insert into tenant_settings (tenant_id, settings)
    values (${owner.tenantId}, '{"features":{"mfaRequired":true}}')
    on conflict (tenant_id) do update set settings = excluded.settings`)
  expect(await statusesOf(key)).toEqual(refused)
  await inPlatform(db, (tx) =>
    tx.insert(mfaFactors).values({ id: owner.id, userId: owner.id, kind: 'totp', sealedSecret: 'x' }),
  )
  expect((await exchange(key)).statusCode).toBe(400)
  await inPlatform(db, (tx) =>
    tx.update(mfaFactors).set({ confirmedAt: new Date() }).where(eq(mfaFactors.userId, owner.id)),
  )
  expect((await exchange(key)).statusCode).toBe(200)
})

test.each([
  ['POST', '/api/api-keys'],
  ['POST', '/api/api-keys/:id/reroll'],
  ['POST', '/api/users/me/change-password'],
  ['GET', '/api/users/me/sessions'],
  ['DELETE', '/api/users/me/sessions'],
  ['DELETE', '/api/users/me/sessions/:id'],
  ['POST', '/api/auth/switch-tenant'],
  ['GET', '/api/users/me/mfa'],
  ['POST', '/api/users/me/mfa/totp'],
  ['POST', '/api/users/me/mfa/recovery-codes'],
  ['POST', '/api/users/me/mfa/:id/remove'],
] as const)('%s %s is for people: a key is refused there, whatever its scopes', async (method, path) => {
  const { owner, id, key } = await newKey()
  const url = path.replace(':id', id)
  expect((await app.inject({ method, url, headers: { 'x-api-key': key } })).statusCode).toBe(403)
  const forged = await as({
    kind: 'api_key',
    tenantId: owner.tenantId,
    subject: owner.id,
    permissions: permissionNames,
  })
  expect((await app.inject({ method, url, headers: forged })).statusCode).toBe(403)
})
