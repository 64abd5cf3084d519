import { permissions as catalogue, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const { app, as, enter, emitted } = await harness()
const ofThePlatform = permissionNames.filter((name) => catalogue[name].grantable !== 'service')
const asPlatform = await as({ tenantId: platformTenantId, permissions: ofThePlatform })

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

async function call(method: Method, url: string, payload?: object, headers = asPlatform) {
  const answer = await app.inject({ method, url: `/api${url}`, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, json: answer.body ? answer.json() : undefined }
}

/** What was recorded in a tenant since it was made, and where who did it is at home. */
const recorded = async (tenantId: string) =>
  (await emitted())
    .filter((event) => event.tenantId === tenantId && event.subject.startsWith('identity.'))
    .map(({ subject, payload }) => ({
      subject,
      payload: payload as { data: { path?: unknown; actorTenantId?: unknown } },
    }))
    .map(({ subject, payload: { data } }) => ({
      event: subject.split('.').slice(-2).join('.'),
      ...(typeof data.path === 'string' && { path: data.path }),
      ...(data.actorTenantId !== undefined && { from: data.actorTenantId }),
    }))
    .filter(({ event }) => event !== 'user.registered' && event !== 'tenant.created')

const from = platformTenantId

test("what an administrator of the platform reads of a tenant is recorded there, under the platform's name", async () => {
  const { person } = await enter()
  const { tenantId, userId } = person
  const read = async (path: string) => (await call('GET', path)).json
  expect(await read(`/users?tenantId=${tenantId}&search=love`)).toMatchObject({ data: [{ id: userId }] })
  expect(await read(`/users/${userId}?tenantId=${tenantId}`)).toMatchObject({ id: userId, tenantId })
  expect(await read(`/roles/users/${userId}?tenantId=${tenantId}`)).toMatchObject({
    data: [{ name: 'tenant-admin' }],
  })
  await read(`/roles?tenantId=${tenantId}&page=1`)
  await read(`/tenants/${tenantId}`)
  await read(`/tenants/${tenantId}/settings`)
  await read(`/tenants/${tenantId}/user-count`)
  await read(`/tenants/${tenantId}/invites`)
  const event = 'platform_access.read'
  expect(await recorded(tenantId)).toEqual([
    { event, from, path: '/api/users' },
    { event, from, path: `/api/users/${userId}` },
    { event, from, path: `/api/roles/users/${userId}` },
    { event, from, path: '/api/roles' },
    { event, from, path: `/api/tenants/${tenantId}` },
    { event, from, path: `/api/tenants/${tenantId}/settings` },
    { event, from, path: `/api/tenants/${tenantId}/user-count` },
    { event, from, path: `/api/tenants/${tenantId}/invites` },
  ])
  await read('/tenants')
  expect(await recorded(platformTenantId)).toContainEqual({ event, path: '/api/tenants' })
})

test("what an administrator of the platform changes in a tenant is that tenant's event, with where they are at home", async () => {
  const { person } = await enter()
  const { tenantId, userId } = person
  const role = await call('POST', `/roles?tenantId=${tenantId}`, { name: 'helper', displayName: 'Helper' })
  expect(role).toMatchObject({ status: 201, json: { tenantId } })
  const roleUrl = `/roles/${role.json.id}?tenantId=${tenantId}`
  expect((await call('PATCH', roleUrl, { displayName: 'Helpers' })).status).toBe(200)
  const roles = { roles: ['helper'] }
  const assigned = await call('POST', `/roles/users/${userId}/assign?tenantId=${tenantId}`, roles)
  expect(assigned.json.data).toHaveLength(2)
  await call('POST', `/roles/users/${userId}/remove?tenantId=${tenantId}`, roles)
  expect((await call('DELETE', roleUrl)).status).toBe(204)
  const renamed = await call('PATCH', `/users/${userId}?tenantId=${tenantId}`, { lastName: 'Byron' })
  expect(renamed.json).toMatchObject({ lastName: 'Byron', tenantId })
  await call('POST', `/tenants/${tenantId}/invites`, { email: 'grace@navy.example' })
  await call('PATCH', `/tenants/${tenantId}/settings`, { maxUsers: 5 })
  expect(await recorded(tenantId)).toEqual(
    [
      'role.created',
      'role.updated',
      'role.assigned',
      'role.removed',
      'role.deleted',
      'user.updated',
      'invite.created',
      'tenant.settings_updated',
    ].map((event) => ({ event, from })),
  )
})

test('what people do in their own tenant says nothing of the platform, whether they name the tenant or not', async () => {
  const { person } = await enter()
  const { tenantId, userId: subject } = person
  const headers = await as({ tenantId, subject, permissions: ofThePlatform })
  for (const query of ['', `?tenantId=${tenantId}`]) {
    expect((await call('GET', `/users/${subject}${query}`, undefined, headers)).status).toBe(200)
    const role = { name: `r${uuidv7()}`, displayName: 'R' }
    expect((await call('POST', `/roles${query}`, role, headers)).status).toBe(201)
  }
  expect(await recorded(tenantId)).toEqual([{ event: 'role.created' }, { event: 'role.created' }])
})

test('a tenant that is not there has nobody, gets no role, and nothing is recorded of it', async () => {
  const tenantId = uuidv7()
  const role = { name: 'helper', displayName: 'Helper' }
  for (const answer of [
    await call('GET', `/users?tenantId=${tenantId}`),
    await call('GET', `/roles?tenantId=${tenantId}`),
    await call('POST', `/roles?tenantId=${tenantId}`, role),
  ]) {
    expect(answer).toMatchObject({ status: 404, json: { code: 'tenant.not_found' } })
  }
  expect(await recorded(tenantId)).toEqual([])
})

test("what only the platform's administrators hold is given in no other tenant than its own, by nobody", async () => {
  const { person } = await enter()
  const { tenantId, userId } = person
  const strong = { name: 'strong', displayName: 'Strong', permissions: ['platform:read'] }
  for (const answer of [
    await call('POST', `/roles?tenantId=${tenantId}`, strong),
    await call('POST', `/roles/users/${userId}/assign?tenantId=${tenantId}`, { roles: ['platform-admin'] }),
    await call('PATCH', `/users/${userId}?tenantId=${tenantId}`, {
      roles: ['platform-admin', 'tenant-admin'],
    }),
    await call('POST', `/tenants/${tenantId}/invites`, {
      email: 'eve@navy.example',
      role: 'platform-admin',
    }),
  ]) {
    expect(answer).toMatchObject({ status: 403, json: { code: 'role.beyond_own_permissions' } })
  }
  const colleague = { email: `${uuidv7()}@platform.example`, role: 'platform-admin' }
  expect((await call('POST', `/tenants/${platformTenantId}/invites`, colleague)).status).toBe(201)
})
