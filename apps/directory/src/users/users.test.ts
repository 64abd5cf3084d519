import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { inPlatform, inTenant } from '@gatehouse/db/tenant'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { memberships } from '../tables.ts'

const { app, db, as, asAuth, enter, emitted } = await harness()

const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')

type Method = 'GET' | 'POST' | 'PATCH'

async function caller(tenantId: string, subject: string, permissions: readonly Permission[] = ofTenants) {
  const headers = await as({ tenantId, subject, permissions })
  return async (method: Method, path: string, payload?: object, more = {}) => {
    const answer = await app.inject({
      method,
      url: `/api/users${path}`,
      headers: { ...headers, ...more },
      ...(payload && { payload }),
    })
    return { status: answer.statusCode, headers: answer.headers, json: answer.json() }
  }
}

/** A tenant with its administrator and others, who each also have a tenant of their own. */
async function tenant(...others: Record<string, string>[]) {
  const { person: admin } = await enter({ firstName: 'Ada', lastName: 'Lovelace' })
  const { tenantId } = admin
  const people = []
  for (const other of others) people.push((await enter(other)).person)
  if (people.length > 0) {
    const rows = people.map(({ userId }) => ({ tenantId, userId }))
    await inPlatform(db, (tx) => tx.insert(memberships).values(rows))
  }
  return { tenantId, admin, people, call: await caller(tenantId, admin.userId) }
}

const resolve = async (userId: string, tenantId?: string) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/internal/principals/resolve',
    headers: asAuth,
    payload: { principals: [{ userId, ...(tenantId && { tenantId }) }] },
  })
  return answer.json().principals[0]
}

const names = (answer: { json: { data: { firstName: string }[] } }) =>
  answer.json.data.map(({ firstName }) => firstName)

const crew = [
  { firstName: 'Zoë', lastName: 'Ångström', email: `z-${crypto.randomUUID()}@crew.example` },
  { firstName: '李', lastName: 'Wei', email: `l-${crypto.randomUUID()}@crew.example` },
  { firstName: 'Bob', lastName: '100%', email: `b_${crypto.randomUUID()}@other.example` },
]

test.each([
  'createdAt',
  '-createdAt',
  'email',
  '-email',
  'lastName',
  '-lastName',
  'lastLoginAt',
  '-lastLoginAt',
])('a list by %s shows everybody once, page by page, and the same by number', async (sort) => {
  const { call } = await tenant(
    ...crew.map((each) => ({ ...each, email: `${crypto.randomUUID()}@crew.example` })),
  )
  const whole = (await call('GET', `?sort=${sort}`)).json.data
  const seen: unknown[] = []
  for (let cursor = ''; cursor !== 'end'; ) {
    const page = await call('GET', `?sort=${sort}&limit=1${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.json.data)
    cursor = page.json.nextCursor ?? 'end'
  }
  expect(seen).toEqual(whole)
  expect(whole).toHaveLength(4)
  expect((await call('GET', `?sort=${sort}&limit=2&page=2`)).json).toMatchObject({
    data: whole.slice(2),
    total: 4,
  })
})

test('people are found by a part of their name or address in any case and script, and wildcards mean themselves', async () => {
  const { call } = await tenant(...crew)
  const found = async (search: string) =>
    names(await call('GET', `?search=${encodeURIComponent(search)}`)).sort()
  expect(await found('LOVE')).toEqual(['Ada'])
  expect(await found('zoë å')).toEqual(['Zoë'])
  expect(await found('李')).toEqual(['李'])
  expect(await found('@crew.')).toEqual(['Zoë', '李'])
  expect(await found('100%')).toEqual(['Bob'])
  expect(await found('%')).toEqual(['Bob'])
  expect(await found('b_')).toEqual(['Bob'])
  expect(await found("' or 1=1 --")).toEqual([])
})

test('who changes their name is found by the new one and not by the old, in all of their tenants', async () => {
  const { call, people, tenantId } = await tenant({ firstName: 'Grace', lastName: 'Murray' })
  const [grace] = people
  const id = grace?.userId ?? ''
  const atHome = await caller(grace?.tenantId ?? '', id)
  const found = async (search: string) => [
    (await call('GET', `?search=${search}`)).json.data.length,
    (await atHome('GET', `?search=${search}`)).json.data.length,
  ]
  expect(await found('murray')).toEqual([1, 1])
  await (await caller(tenantId, id))('PATCH', '/me', { lastName: 'Hopper' })
  expect(await found('murray')).toEqual([0, 0])
  expect(await found('hopper')).toEqual([1, 1])
  // Also by a statement that sees one of the tenants alone.
  await inTenant(db, tenantId, (tx) =>
    tx.execute(sql`update users set email = ${`${id}@hopper.example`} where id = ${id}`),
  )
  expect(await found(`${id}@hopper`)).toEqual([1, 1])
})

test('people are found by their role and their status', async () => {
  const { call, people } = await tenant({ firstName: 'Grace' }, { firstName: 'Alan' })
  await call('POST', `/${people[1]?.userId}/deactivate`)
  expect(names(await call('GET', '?role=Tenant-Admin'))).toEqual(['Ada'])
  expect(names(await call('GET', '?status=suspended'))).toEqual(['Alan'])
  expect(names(await call('GET', '?status=active&sort=createdAt'))).toEqual(['Ada', 'Grace'])
})

test("nobody of another tenant is shown, and their id looks like one that isn't there", async () => {
  const [mine, theirs] = [await tenant(), await tenant({ firstName: 'Grace' })]
  expect((await mine.call('GET', '')).json.data).toHaveLength(1)
  const { nextCursor } = (await theirs.call('GET', '?limit=1')).json
  expect((await theirs.call('GET', `?cursor=${nextCursor}`)).status).toBe(200)
  expect(await mine.call('GET', `?cursor=${nextCursor}`)).toMatchObject({
    status: 400,
    json: { code: 'request.invalid_cursor' },
  })
  for (const id of [theirs.admin.userId, crypto.randomUUID()]) {
    for (const answer of [
      await mine.call('GET', `/${id}`),
      await mine.call('POST', `/${id}/deactivate`),
      await mine.call('POST', `/${id}/reactivate`),
    ]) {
      expect(answer).toMatchObject({ status: 404, json: { code: 'user.not_found' } })
    }
  }
})

test('a cursor of another order is refused', async () => {
  const { call } = await tenant({ firstName: 'Grace' })
  const { nextCursor } = (await call('GET', '?limit=1&sort=email')).json
  expect((await call('GET', `?sort=lastName&cursor=${nextCursor}`)).status).toBe(400)
})

test('who is suspended in one tenant is out of it and goes on in others, and can be let in again', async () => {
  const { call, tenantId, people } = await tenant({ firstName: 'Grace' })
  const [grace] = people
  const id = grace?.userId ?? ''
  const suspended = await call('POST', `/${id}/deactivate`)
  expect(suspended).toMatchObject({ status: 200, json: { id, status: 'suspended' } })
  expect((await resolve(id, tenantId)).user.status).toBe('suspended')
  expect((await resolve(id)).user).toMatchObject({ status: 'active', tenantId: grace?.tenantId })
  expect((await call('POST', `/${id}/deactivate`)).status).toBe(200)

  expect((await call('POST', `/${id}/reactivate`)).json).toMatchObject({ status: 'active' })
  expect((await resolve(id, tenantId)).user.status).toBe('active')
  const events = (await emitted()).filter(
    (event) => event.tenantId === tenantId && event.subject.includes(id),
  )
  expect(events).toHaveLength(2)
  const told = (await emitted()).filter(({ aggregateId }) => aggregateId === id).map(({ subject }) => subject)
  expect(told).toEqual([
    'identity.directory.user.registered',
    'identity.directory.user.deactivated',
    'identity.directory.user.reactivated',
  ])
})

test('nobody suspends themselves, nor the last administrator', async () => {
  const { call, tenantId, admin, people } = await tenant({ firstName: 'Grace' })
  expect((await call('POST', `/${admin.userId}/deactivate`)).json).toMatchObject({ code: 'user.not_oneself' })
  const asGrace = await caller(tenantId, people[0]?.userId ?? '')
  const refused = await asGrace('POST', `/${admin.userId}/deactivate`)
  expect(refused).toMatchObject({ status: 409, json: { code: 'tenant.last_administrator' } })
  expect((await resolve(admin.userId, tenantId)).user.status).toBe('active')
})

test('who is suspended on the whole platform is not let in by a tenant', async () => {
  const { call, people } = await tenant({ firstName: 'Grace' })
  const id = people[0]?.userId ?? ''
  await inPlatform(db, (tx) => tx.execute(sql`update users set status = 'suspended' where id = ${id}`))
  expect((await call('GET', `/${id}`)).json.status).toBe('suspended')
  expect(await call('POST', `/${id}/reactivate`)).toMatchObject({
    status: 409,
    json: { code: 'user.illegal_status' },
  })
})

test('people change their own name in all of their tenants, and nothing else of themselves', async () => {
  const { call, people, tenantId } = await tenant({ firstName: 'Grace' })
  const me = await caller(tenantId, people[0]?.userId ?? '')
  const etag = (await me('GET', '/me')).headers.etag as string
  const changed = await me('PATCH', '/me', { firstName: ' Gráce ' }, { 'if-match': etag })
  expect(changed).toMatchObject({ status: 200, json: { firstName: 'Gráce' } })
  expect((await me('PATCH', '/me', { lastName: 'Late' }, { 'if-match': etag })).status).toBe(412)
  expect((await call('GET', `/${people[0]?.userId}`)).json.firstName).toBe('Gráce')
  for (const field of ['email', 'status', 'roles', 'tenantId', 'emailVerified', 'id', 'permissions']) {
    expect((await me('PATCH', '/me', { [field]: 'x' })).status).toBe(400)
  }
})
