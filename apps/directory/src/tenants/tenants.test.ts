import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { purgeTenants } from './purge-tenants.ts'

const { app, db, own, as, asAuth, enter, emitted } = await harness()

const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')
const ofThePlatform = permissionNames.filter((name) => catalogue[name].grantable !== 'service')

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

async function caller(bearer: { tenantId: string; subject?: string; permissions: readonly Permission[] }) {
  const headers = await as(bearer)
  return async (method: Method, path: string, payload?: object, more = {}) => {
    const answer = await app.inject({
      method,
      url: `/api/tenants${path}`,
      headers: { ...headers, ...more },
      ...(payload && { payload }),
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      json: answer.body ? answer.json() : undefined,
    }
  }
}

const platform = await caller({ tenantId: platformTenantId, permissions: ofThePlatform })

async function somebodysTenant() {
  const { person } = await enter({ companyName: 'Analytical Engines' })
  const { tenantId, userId } = person
  const call = await caller({ tenantId, subject: userId, permissions: ofTenants })
  return { id: tenantId, userId, call }
}

const eventsOf = async (tenantId: string) =>
  (await emitted())
    .filter((event) => event.tenantId === tenantId)
    .map(({ subject }) => subject.split('.').slice(2).join('.'))

const resolve = (userId: string) =>
  app.inject({
    method: 'POST',
    url: '/api/internal/principals/resolve',
    headers: asAuth,
    payload: { principals: [{ userId }] },
  })

test('the platform makes a tenant, sees it among all, and changes it', async () => {
  const input = { name: 'Difference Ltd', type: 'partner', country: 'gb', config: { plan: 'gold' } }
  const created = await platform('POST', '', input)
  expect(created).toMatchObject({ status: 201, json: { ...input, country: 'GB', status: 'active' } })
  const { id, slug } = created.json
  expect(slug).toMatch(/^difference-ltd-[0-9a-f]{12}$/)
  expect((await platform('GET', '?type=partner')).json.data).toContainEqual(created.json)
  expect((await platform('GET', `/${id}`)).headers.etag).toBe(created.headers.etag)

  const changed = await platform('PATCH', `/${id}`, { slug: 'Difference', config: {} })
  expect(changed.json).toMatchObject({ slug: 'difference', config: {}, name: 'Difference Ltd' })
  expect(await eventsOf(id)).toEqual(['tenant.created', 'platform_access.read', 'tenant.updated'])
})

test('a slug is one tenant, whoever asks for it at once', async () => {
  const slug = `taken-${crypto.randomUUID().slice(0, 8)}`
  const input = { name: 'Twin', type: 'customer', country: 'DE', slug }
  const answers = await Promise.all(Array.from({ length: 8 }, () => platform('POST', '', input)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
  const other = await somebodysTenant()
  expect(await platform('PATCH', `/${other.id}`, { slug })).toMatchObject({
    status: 409,
    json: { code: 'tenant.slug_taken' },
  })
})

test('who administers a tenant sees and changes it, and what only the platform decides is refused by name', async () => {
  const { id, call } = await somebodysTenant()
  expect((await call('GET', '')).json.data).toMatchObject([{ id }])
  expect((await call('PATCH', `/${id}`, { name: 'Engines', country: 'FR' })).json).toMatchObject({
    name: 'Engines',
    country: 'FR',
  })
  for (const [path, body, field] of [
    [`/${id}`, { type: 'internal' }, 'type'],
    [`/${id}`, { slug: 'mine' }, 'slug'],
    [`/${id}/settings`, { maxUsers: 5 }, 'maxUsers'],
    [`/${id}/settings`, { maxInstances: 5 }, 'maxInstances'],
    [`/${id}/settings`, { features: { mfaRequired: false } }, 'features'],
  ] as const) {
    const refused = await call('PATCH', path, body)
    expect(refused).toMatchObject({ status: 403, json: { code: 'tenant.only_the_platform' } })
    expect(refused.json.detail).toContain(field)
  }
})

test("another tenant's id and one that nobody has get the same answer on every route", async () => {
  const [mine, theirs] = [await somebodysTenant(), await somebodysTenant()]
  for (const [method, path, body] of [
    ['GET', ''],
    ['PATCH', '', { name: 'Mine' }],
    ['GET', '/settings'],
    ['PATCH', '/settings', { locale: 'de' }],
    ['GET', '/user-count'],
  ] as const) {
    const answers = await Promise.all(
      [theirs.id, crypto.randomUUID()].map((id) => mine.call(method, `/${id}${path}`, body)),
    )
    for (const { status, json } of answers) {
      expect({ status, code: json.code, detail: json.detail }).toEqual({
        status: 404,
        code: 'tenant.not_found',
        detail: 'There is no such tenant.',
      })
    }
  }
  expect((await theirs.call('GET', `/${theirs.id}`)).json.name).toBe('Analytical Engines')
})

test('settings have defaults, are changed in parts, and reach whoever asks who somebody is at once', async () => {
  const { id, userId, call } = await somebodysTenant()
  const defaults = (await call('GET', `/${id}/settings`)).json
  expect(defaults).toMatchObject({
    locale: 'en',
    timezone: 'UTC',
    maxUsers: null,
    features: { mfaRequired: false },
  })

  await call('PATCH', `/${id}/settings`, { locale: 'de-ch', branding: { primaryColor: '#AABBCC' } })
  await platform('PATCH', `/${id}/settings`, { features: { mfaRequired: true, beta: true }, maxUsers: 10 })
  await call('PATCH', `/${id}/settings`, { branding: { logoUrl: 'https://cdn.example/logo.svg' } })
  expect((await call('GET', `/${id}/settings`)).json).toEqual({
    ...defaults,
    locale: 'de-CH',
    maxUsers: 10,
    features: { mfaRequired: true, beta: true },
    branding: { ...defaults.branding, primaryColor: '#aabbcc', logoUrl: 'https://cdn.example/logo.svg' },
  })
  const [{ tenant }] = (await resolve(userId)).json().principals
  expect(tenant).toMatchObject({ locale: 'de-CH', mfaRequired: true, branding: { primaryColor: '#aabbcc' } })
  expect((await eventsOf(id)).filter((name) => name === 'tenant.settings_updated')).toHaveLength(3)
})

test.each([
  { locale: 'klingon-!' },
  { timezone: 'Mars/Olympus' },
  { currency: 'XXQ' },
  { dateFormat: 'DD-DD-YYYY' },
  { branding: { logoUrl: 'http://cdn.example/logo.svg' } },
  { branding: { primaryColor: 'red' } },
  { branding: { script: 'x' } },
  { features: { mfaRequired: 'yes' } },
  { maxUsers: 0 },
  { unknown: true },
])('settings that make no sense are refused and change nothing: %j', async (changes) => {
  const { id, call } = await somebodysTenant()
  const before = await call('GET', `/${id}/settings`)
  expect((await platform('PATCH', `/${id}/settings`, changes)).status).toBe(400)
  const after = await call('GET', `/${id}/settings`)
  expect(after.json).toEqual(before.json)
  expect(after.headers.etag).toBe(before.headers.etag)
})

test('a change that is based on an older version is refused', async () => {
  const { id, call } = await somebodysTenant()
  const etag = (await call('GET', `/${id}`)).headers.etag as string
  expect((await call('PATCH', `/${id}`, { name: 'First' }, { 'if-match': etag })).status).toBe(200)
  expect((await call('PATCH', `/${id}`, { name: 'Late' }, { 'if-match': etag })).status).toBe(412)
  const settings = (await call('GET', `/${id}/settings`)).headers.etag as string
  const change = (locale: string) => call('PATCH', `/${id}/settings`, { locale }, { 'if-match': settings })
  const answers = await Promise.all(['de', 'fr', 'es', 'it'].map(change))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
})

test('a tenant is suspended, let in, deleted and restored, in no other order, and its tokens are refused each time', async () => {
  const { id, userId, call } = await somebodysTenant()
  const move = (action: string) =>
    action === 'delete' ? platform('DELETE', `/${id}`) : platform('POST', `/${id}/${action}`)
  const steps = [
    ['reactivate', 409, 'active'],
    ['restore', 409, 'active'],
    ['suspend', 200, 'suspended'],
    ['suspend', 409, 'suspended'],
    ['reactivate', 200, 'active'],
    ['delete', 204, 'deleted'],
    ['suspend', 409, 'deleted'],
    ['delete', 409, 'deleted'],
    ['restore', 200, 'active'],
  ] as const
  for (const [action, status, state] of steps) {
    expect((await move(action)).status).toBe(status)
    expect((await resolve(userId)).json().principals[0].tenant.status).toBe(state)
  }
  const own = await call('DELETE', `/${id}`)
  expect(own.status).toBe(403)
  const subjects = (await emitted()).filter(({ tenantId }) => tenantId === id).map(({ subject }) => subject)
  expect(subjects.filter((subject) => subject === `revocation.directory.tenant.${id}`)).toHaveLength(4)
  expect((await platform('DELETE', `/${platformTenantId}`)).json).toMatchObject({ code: 'tenant.platform' })
})

test('people are counted by their status', async () => {
  const { id, userId, call } = await somebodysTenant()
  await inPlatform(db, (tx) => tx.execute(sql`update users set status = 'suspended' where id = ${userId}`))
  expect((await call('GET', `/${id}/user-count`)).json).toEqual({
    count: 1,
    byStatus: { pending: 0, active: 0, suspended: 1, deleted: 0 },
  })
})

test('a deleted tenant is gone for good after its grace, with all that is in it, and no other is', async () => {
  const [gone, stays] = [await somebodysTenant(), await somebodysTenant()]
  for (const { id } of [gone, stays]) await platform('DELETE', `/${id}`)
  await inPlatform(db, (tx) =>
    tx.execute(sql`update tenants set deleted_at = now() - interval '8 days' where id = ${gone.id}`),
  )
  const counts = await Promise.all([1, 2, 3].map(() => purgeTenants(own, 7 * 86_400_000)))
  expect(counts.reduce((sum, each) => sum + each, 0)).toBe(1)
  expect((await platform('GET', `/${gone.id}`)).status).toBe(404)
  expect((await platform('GET', `/${stays.id}`)).json.status).toBe('deleted')
  const left = await readInPlatform(db, (tx) =>
    tx.execute<{ n: number }>(sql`
      select (select count(*) from memberships where tenant_id = ${gone.id})
        + (select count(*) from role_assignments where tenant_id = ${gone.id}) as n`),
  )
  expect(Number(left[0]?.n)).toBe(0)
  expect(await eventsOf(gone.id)).toContain('tenant.purged')
})
