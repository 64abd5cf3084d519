import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform } from '@gatehouse/db/tenant'
import { allBut } from '@gatehouse/testing/tokens'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { memberships } from '../tables.ts'

const { app, db, as, enter, emitted } = await harness()

/** What a tenant's administrator holds. */
const held = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')

/** Somebody's tenant, and calls as an administrator of it. */
async function tenant({ permissions = held }: { permissions?: readonly Permission[] } = {}) {
  const { person } = await enter()
  const { tenantId, userId } = person
  const headers = await as({ tenantId, subject: userId, permissions })
  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object,
    more = {},
  ) => {
    const answer = await app.inject({
      method,
      url: `/api${path}`,
      headers: { ...headers, ...more },
      ...(payload && { payload }),
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      json: answer.body ? answer.json() : undefined,
    }
  }
  return { tenantId, userId, call, headers }
}

const role = (given: object = {}) => ({
  name: `role-${crypto.randomUUID().slice(0, 8)}`,
  displayName: 'Support',
  permissions: ['users:read'],
  ...given,
})

const revocations = async (tenantId: string) =>
  (await emitted()).filter((event) => event.tenantId === tenantId && event.subject.startsWith('revocation.'))

test('a role is made, read, changed and deleted, each with its event and the state before and after', async () => {
  const { call, tenantId } = await tenant()
  const created = await call('POST', '/roles', role({ name: 'Support-Team', description: 'Helps' }))
  expect(created).toMatchObject({
    status: 201,
    json: { name: 'support-team', tenantId, category: 'custom', isActive: true, permissions: ['users:read'] },
  })
  const { id } = created.json
  expect((await call('GET', `/roles/${id}`)).json).toEqual(created.json)

  const changed = await call('PATCH', `/roles/${id}`, { displayName: 'Helpers', permissions: ['roles:read'] })
  expect(changed).toMatchObject({
    status: 200,
    json: { displayName: 'Helpers', permissions: ['roles:read'] },
  })
  expect((await call('DELETE', `/roles/${id}`)).status).toBe(204)
  expect((await call('GET', `/roles/${id}`)).status).toBe(404)

  const events = (await emitted()).filter(({ aggregateId }) => aggregateId === id)
  expect(events).toMatchObject([
    { subject: 'identity.directory.role.created', aggregateVersion: 1 },
    {
      subject: 'identity.directory.role.updated',
      aggregateVersion: 2,
      payload: { data: { before: { displayName: 'Support' }, after: { displayName: 'Helpers' } } },
    },
    { subject: 'identity.directory.role.deleted', aggregateVersion: 3 },
  ])
})

test("a list shows the system's roles and the tenant's own, page by page, and nothing of another tenant", async () => {
  const [mine, theirs] = [await tenant(), await tenant()]
  const own = await mine.call('POST', '/roles', role())
  const foreign = await theirs.call('POST', '/roles', role())
  const names: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof mine.call>> = await mine.call(
      'GET',
      `/roles?limit=2${cursor && `&cursor=${cursor}`}`,
    )
    names.push(...page.json.data.map(({ name }: { name: string }) => name))
    cursor = page.json.nextCursor
  }
  expect(names).toEqual([
    'platform-admin',
    'tenant-admin',
    'member',
    'auditor',
    'partner-manager',
    own.json.name,
  ])
  expect((await mine.call('GET', '/roles?page=1')).json.total).toBe(6)
  const { id } = foreign.json
  for (const answer of [
    await mine.call('GET', `/roles/${id}`),
    await mine.call('PATCH', `/roles/${id}`, { displayName: 'Mine' }),
    await mine.call('DELETE', `/roles/${id}`),
  ]) {
    expect(answer).toMatchObject({ status: 404, json: { code: 'role.not_found' } })
  }
})

test("the platform's own tenant gets no roles besides the system's", async () => {
  const headers = await as({ tenantId: platformTenantId, permissions: permissionNames })
  const refused = await app.inject({ method: 'POST', url: '/api/roles', headers, payload: role() })
  expect({ status: refused.statusCode, code: refused.json().code }).toEqual({
    status: 409,
    code: 'tenant.platform',
  })
})

test.each(['users:write', 'audit:read'] as const)(
  'nobody puts %s into a role, gives or takes a role with it, who does not hold it',
  async (permission) => {
    const admin = await tenant()
    const { json: strong } = await admin.call('POST', '/roles', role({ permissions: [permission] }))
    const weak = await as({
      tenantId: admin.tenantId,
      permissions: allBut(permission),
    })
    const post = (method: 'POST' | 'PATCH', path: string, payload: object) =>
      app.inject({ method, url: `/api${path}`, headers: weak, payload })
    const { json: plain } = await admin.call('POST', '/roles', role())
    await admin.call('PATCH', `/roles/${strong.id}`, { isActive: false })
    const answers = [
      await post('POST', '/roles', role({ permissions: [permission] })),
      await post('PATCH', `/roles/${plain.id}`, { permissions: ['users:read', permission] }),
      await post('PATCH', `/roles/${strong.id}`, { isActive: true }),
      await post('POST', `/roles/users/${admin.userId}/assign`, { roles: [strong.name] }),
      await post('POST', `/roles/users/${admin.userId}/remove`, { roles: [strong.name] }),
    ]
    for (const answer of answers) {
      expect(answer.statusCode).toBe(403)
      expect(answer.json()).toMatchObject({ code: 'role.beyond_own_permissions' })
      expect(answer.json().detail).toContain(permission)
    }
  },
)

test('a permission that is none, or only for services, cannot be put into a role', async () => {
  const { call } = await tenant({ permissions: permissionNames })
  for (const permission of ['*', 'users:*', 'Users:read', 'audit:write', 'users:read ']) {
    expect((await call('POST', '/roles', role({ permissions: [permission] }))).status).toBe(400)
  }
})

test("a role of the system can't be changed or deleted, and its name can't be taken in any case", async () => {
  const { call } = await tenant()
  const { json } = await call('GET', '/roles?limit=3')
  const member = json.data.find(({ name }: { name: string }) => name === 'member')
  expect(await call('PATCH', `/roles/${member.id}`, { displayName: 'Mine' })).toMatchObject({
    status: 409,
    json: { code: 'role.system' },
  })
  expect((await call('DELETE', `/roles/${member.id}`)).status).toBe(409)
  for (const name of ['member', 'MEMBER', 'Tenant-Admin']) {
    const taken = await call('POST', '/roles', role({ name }))
    expect(taken).toMatchObject({ status: 409, json: { code: 'role.name_taken' } })
  }
})

test('of twenty who make a role of one name at once, one does', async () => {
  const { call } = await tenant()
  const wanted = role()
  const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', '/roles', wanted)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)])
})

test('a change or deletion that is based on an older version is refused, and changes nothing', async () => {
  const { call } = await tenant()
  const { json, headers } = await call('POST', '/roles', role())
  const etag = headers.etag as string
  const first = await call('PATCH', `/roles/${json.id}`, { displayName: 'First' }, { 'if-match': etag })
  expect(first.status).toBe(200)
  for (const stale of [etag, `W/${first.headers.etag}`, '"nonsense"']) {
    const refused = await call('PATCH', `/roles/${json.id}`, { displayName: 'Late' }, { 'if-match': stale })
    expect(refused).toMatchObject({ status: 412, json: { code: 'request.precondition_failed' } })
    expect((await call('DELETE', `/roles/${json.id}`, undefined, { 'if-match': stale })).status).toBe(412)
  }
  expect((await call('GET', `/roles/${json.id}`)).json.displayName).toBe('First')
  const current = { 'if-match': `"x", ${first.headers.etag}` }
  expect((await call('DELETE', `/roles/${json.id}`, undefined, current)).status).toBe(204)
})

test('a person is given roles and loses them, and their tokens are renewed each time anything changes', async () => {
  const { call, userId, tenantId } = await tenant()
  const { json: own } = await call('POST', '/roles', role())
  const path = `/roles/users/${userId}`
  const given = await call('POST', `${path}/assign`, { roles: [own.name, 'MEMBER'] })
  const names = (answer: { json: { data: { name: string }[] } }) => answer.json.data.map(({ name }) => name)
  expect(names(given)).toEqual(['tenant-admin', 'member', own.name])
  expect(await revocations(tenantId)).toHaveLength(1)

  expect((await call('POST', `${path}/assign`, { roles: ['member'] })).status).toBe(200)
  expect(await revocations(tenantId)).toHaveLength(1)

  const left = await call('POST', `${path}/remove`, { roles: ['member'] })
  expect(names(left)).toEqual(['tenant-admin', own.name])
  expect(await revocations(tenantId)).toHaveLength(2)

  await call('PATCH', `/roles/${own.id}`, { isActive: false })
  expect(await revocations(tenantId)).toHaveLength(3)
  const changes = (await emitted()).filter(({ subject }) => /role\.(assigned|removed)$/.test(subject))
  expect(changes.filter((event) => event.tenantId === tenantId)).toMatchObject([
    { aggregateId: userId, payload: { data: { userId, roles: ['member', own.name] } } },
    { aggregateId: userId, payload: { data: { userId, roles: ['member'] } } },
  ])
})

test('roles of somebody who is no member, and roles that are not there, are refused', async () => {
  const [mine, theirs] = [await tenant(), await tenant()]
  const { json: foreign } = await theirs.call('POST', '/roles', role())
  for (const who of [theirs.userId, crypto.randomUUID()]) {
    const answers = [
      await mine.call('GET', `/roles/users/${who}`),
      await mine.call('POST', `/roles/users/${who}/assign`, { roles: ['member'] }),
      await mine.call('POST', `/roles/users/${who}/remove`, { roles: ['member'] }),
    ]
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 404, json: { code: 'user.not_found' } })
  }
  const unknown = await mine.call('POST', `/roles/users/${mine.userId}/assign`, {
    roles: ['member', foreign.name],
  })
  expect(unknown).toMatchObject({ status: 400, json: { code: 'role.unknown' } })
  expect(unknown.json.detail).toContain(foreign.name)
})

test('a role that somebody has is not deleted, and the answer says by how many; without holders it is', async () => {
  const { call, userId } = await tenant()
  const { json: own } = await call('POST', '/roles', role())
  await call('POST', `/roles/users/${userId}/assign`, { roles: [own.name] })
  const refused = await call('DELETE', `/roles/${own.id}`)
  expect(refused).toMatchObject({ status: 409, json: { code: 'role.in_use' } })
  expect(refused.json.detail).toContain('One person has')
  await call('POST', `/roles/users/${userId}/remove`, { roles: [own.name] })
  expect((await call('DELETE', `/roles/${own.id}`)).status).toBe(204)
})

test('assigning a role while it is deleted ends with either, and never with an error of the server', async () => {
  const { call, userId } = await tenant()
  for (let round = 0; round < 5; round += 1) {
    const { json: own } = await call('POST', '/roles', role())
    const answers = await Promise.all([
      call('POST', `/roles/users/${userId}/assign`, { roles: [own.name] }),
      call('DELETE', `/roles/${own.id}`),
      call('POST', `/roles/users/${userId}/assign`, { roles: [own.name] }),
    ])
    for (const { status } of answers) expect([200, 204, 400, 409]).toContain(status)
  }
})

test('the last administrator of a tenant stays one, however many are removed at once', async () => {
  const { call, userId, tenantId } = await tenant()
  const others = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const { person } = await enter()
      return person.userId
    }),
  )
  const members = others.map((other) => ({ tenantId, userId: other }))
  await inPlatform(db, (tx) => tx.insert(memberships).values(members))
  for (const other of others) {
    expect((await call('POST', `/roles/users/${other}/assign`, { roles: ['tenant-admin'] })).status).toBe(200)
  }
  const everybody = [userId, ...others]
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      call('POST', `/roles/users/${everybody[turn % everybody.length]}/remove`, { roles: ['tenant-admin'] }),
    ),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]))
  const rolesOf = await Promise.all(everybody.map((each) => call('GET', `/roles/users/${each}`)))
  const administrators = rolesOf.filter(({ json }) =>
    json.data.some(({ name }: { name: string }) => name === 'tenant-admin'),
  )
  expect(administrators).toHaveLength(1)
})

test('the catalogue of permissions describes all that a role can have, and nothing of what services have', async () => {
  const { call } = await tenant()
  const { json } = await call('GET', '/permissions')
  const names = json.data.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['users:read', 'platform:write']))
  expect(names).not.toContain('audit:write')
  for (const { description } of json.data) expect(description).not.toBe('')
})
