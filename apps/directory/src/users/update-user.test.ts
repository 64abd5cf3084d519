import { permissions as catalogue, type Permission, permissionNames } from '@gatehouse/contracts/permissions'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { mails } from '@gatehouse/mail/mails'
import { unseal } from '@gatehouse/mail/seal'
import { allBut } from '@gatehouse/testing/tokens'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { memberships } from '../tables.ts'

const { app, db, mailSeal, as, asAuth, enter, emitted } = await harness()

const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

async function caller(tenantId: string, subject: string, permissions: readonly Permission[] = ofTenants) {
  const headers = await as({ tenantId, subject, permissions })
  return async (method: Method, path: string, payload?: object, more = {}) => {
    const url = `/api/users${path}`
    const answer = await app.inject({
      method,
      url,
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

/** A tenant with its administrator and one member who belongs to no other tenant. */
async function tenant() {
  const { person: admin } = await enter({ companyName: 'Analytical Engines' })
  const { tenantId } = admin
  const { person: member } = await enter({ firstName: 'Grace', lastName: 'Hopper' })
  await inPlatform(db, async (tx) => {
    await tx.execute(sql`delete from memberships where user_id = ${member.userId}`)
    await tx.insert(memberships).values({ tenantId, userId: member.userId })
  })
  const call = await caller(tenantId, admin.userId)
  const asMember = await caller(tenantId, member.userId, [])
  return { tenantId, admin, member, call, asMember }
}

type Call = Awaited<ReturnType<typeof caller>>

const resolve = async (userId: string) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/internal/principals/resolve',
    headers: asAuth,
    payload: { principals: [{ userId }] },
  })
  return answer.json().principals[0]
}

const revocationsOf = async (userId: string) =>
  (await emitted()).filter(({ subject }) => subject === `revocation.directory.user.${userId}`).length

async function mailsTo(email: string) {
  const rows = await readInPlatform(db, (tx) => tx.select().from(mails).orderBy(mails.id))
  const opened = await Promise.all(rows.map(({ id, sealed }) => unseal(mailSeal, id, sealed ?? '')))
  return opened.flatMap((open) => ('content' in open && open.content.to === email ? [open.content] : []))
}

const confirm = (token: string) =>
  app.inject({ method: 'POST', url: '/api/users/confirm-email', payload: { token } })

test('an administrator changes the name, status and roles of a member, all at once', async () => {
  const { call, member } = await tenant()
  const changed = await call('PATCH', `/${member.userId}`, {
    firstName: 'Rear Admiral Grace',
    roles: ['Auditor', 'member'],
    status: 'suspended',
  })
  expect(changed).toMatchObject({
    status: 200,
    json: {
      firstName: 'Rear Admiral Grace',
      lastName: 'Hopper',
      status: 'suspended',
      roles: ['auditor', 'member'],
    },
  })
  expect((await call('PATCH', `/${member.userId}`, { roles: ['member'] })).json.roles).toEqual(['member'])
  expect((await call('PATCH', `/${member.userId}`, { roles: [], status: 'active' })).json).toMatchObject({
    roles: [],
    status: 'active',
  })
  expect(await revocationsOf(member.userId)).toBeGreaterThanOrEqual(4)
})

test('a change of which one part is refused changes nothing', async () => {
  const { call, admin, member } = await tenant()
  const before = (await call('GET', `/${member.userId}`)).json
  for (const [changes, status] of [
    [{ firstName: 'Changed', roles: ['no-such-role'] }, 400],
    [{ firstName: 'Changed', status: 'pending' }, 409],
    [{ firstName: 'Changed', status: 'deleted' }, 400],
    [{ firstName: 'Changed', emailVerified: true }, 400],
    [{ firstName: 'Changed', tenantId: crypto.randomUUID() }, 400],
  ] as const) {
    expect((await call('PATCH', `/${member.userId}`, changes)).status).toBe(status)
  }
  expect((await call('GET', `/${member.userId}`)).json).toEqual(before)
  const alone = await call('PATCH', `/${admin.userId}`, { firstName: 'Changed', roles: ['member'] })
  expect(alone).toMatchObject({ status: 409, json: { code: 'tenant.last_administrator' } })
  expect((await call('GET', `/${admin.userId}`)).json.firstName).toBe('Ada')
})

test('roles take a permission of their own, and nobody gives more than they hold', async () => {
  const { tenantId, admin, member } = await tenant()
  const without = await caller(tenantId, admin.userId, allBut('roles:assign'))
  expect((await without('PATCH', `/${member.userId}`, { roles: ['member'] })).status).toBe(403)
  const weak = await caller(tenantId, admin.userId, allBut('audit:read'))
  expect((await weak('PATCH', `/${member.userId}`, { roles: ['auditor'] })).json).toMatchObject({
    code: 'role.beyond_own_permissions',
  })
})

test('the name and address of somebody who belongs to other tenants are not for one tenant to change', async () => {
  const { call, tenantId } = await tenant()
  const { person } = await enter()
  await inPlatform(db, (tx) => tx.insert(memberships).values({ tenantId, userId: person.userId }))
  for (const changes of [{ firstName: 'Mine' }, { email: `${crypto.randomUUID()}@mine.example` }]) {
    expect(await call('PATCH', `/${person.userId}`, changes)).toMatchObject({
      status: 409,
      json: { code: 'user.shared' },
    })
  }
  expect((await call('PATCH', `/${person.userId}`, { status: 'suspended' })).status).toBe(200)
})

test('a new address holds once it has confirmed, and the old one is told', async () => {
  const { call, member } = await tenant()
  const email = `${crypto.randomUUID()}@navy.example`
  const asked = await call('PATCH', `/${member.userId}`, { email })
  expect(asked).toMatchObject({ status: 200, json: { email: member.email } })
  expect(await mailsTo(member.email)).toMatchObject([{ subject: 'Your e-mail address is about to change' }])
  const [mail] = await mailsTo(email)
  const [, token = ''] = /confirm-email\?token=([\w-]+)/.exec(mail?.text ?? '') ?? []
  expect(JSON.stringify(await emitted())).not.toContain(token)

  const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(token)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, ...Array(19).fill(404)])
  expect((await resolve(member.userId)).user).toMatchObject({ email, emailVerified: true })
  expect(await revocationsOf(member.userId)).toBe(1)
})

test('a link to an address is void once another was asked for, or its time is over', async () => {
  const { call, member } = await tenant()
  const tokenFor = async (email: string) => {
    await call('PATCH', `/${member.userId}`, { email })
    const [mail] = await mailsTo(email)
    return /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  }
  const first = await tokenFor(`${crypto.randomUUID()}@one.example`)
  const second = await tokenFor(`${crypto.randomUUID()}@two.example`)
  expect((await confirm(first)).statusCode).toBe(404)
  await inPlatform(db, (tx) => tx.execute(sql`update email_changes set expires_at = now()`))
  expect((await confirm(second)).statusCode).toBe(404)
  expect((await resolve(member.userId)).user.email).toBe(member.email)
})

test('an address that somebody has got meanwhile is refused when it confirms, and not before', async () => {
  const { call, member } = await tenant()
  const { person: other } = await enter()
  expect((await call('PATCH', `/${member.userId}`, { email: other.email })).status).toBe(200)
  const [mail] = await mailsTo(other.email)
  const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  expect((await confirm(token)).json()).toMatchObject({ code: 'user.email_taken' })
  expect((await resolve(member.userId)).user.email).toBe(member.email)
})

test('who is removed is out of the tenant, and goes on in one of their own where they have no other', async () => {
  const { call, member, tenantId } = await tenant()
  expect((await call('DELETE', `/${member.userId}`)).status).toBe(204)
  expect((await call('GET', `/${member.userId}`)).status).toBe(404)
  expect((await call('DELETE', `/${member.userId}`)).status).toBe(404)
  const { user, tenant: own } = await resolve(member.userId)
  expect(user).toMatchObject({ roles: ['tenant-admin'], status: 'active' })
  expect(user.tenantId).not.toBe(tenantId)
  expect(own.name).toBe('Grace Hopper')
  expect(await revocationsOf(member.userId)).toBe(1)
})

test('somebody leaves a tenant, and nobody removes themselves or the last administrator', async () => {
  const { call, asMember, admin, member, tenantId } = await tenant()
  expect((await call('DELETE', `/${admin.userId}`)).json).toMatchObject({ code: 'user.not_oneself' })
  expect((await call('DELETE', `/me/tenants/${tenantId}`)).json).toMatchObject({
    code: 'tenant.last_administrator',
  })
  expect((await asMember('DELETE', `/me/tenants/${crypto.randomUUID()}`)).status).toBe(404)
  expect((await asMember('DELETE', `/me/tenants/${tenantId}`)).status).toBe(204)
  expect((await resolve(member.userId)).user.tenantId).not.toBe(tenantId)
})

test('of all administrators who leave at once, one stays', async () => {
  const { tenantId, admin, call } = await tenant()
  const administrators = [admin.userId]
  for (let other = 0; other < 4; other += 1) {
    const { person } = await enter()
    await inPlatform(db, (tx) => tx.insert(memberships).values({ tenantId, userId: person.userId }))
    await call('PATCH', `/${person.userId}`, { roles: ['tenant-admin'] })
    administrators.push(person.userId)
  }
  const answers = await Promise.all(
    administrators.map(async (userId) =>
      (await caller(tenantId, userId))('DELETE', `/me/tenants/${tenantId}`),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 204, 204, 409])
})

test('a change that is based on an older version is refused', async () => {
  const { call, member } = await tenant()
  const etag = (await call('GET', `/${member.userId}`)).headers.etag as string
  const change = (firstName: string) =>
    call('PATCH', `/${member.userId}`, { firstName }, { 'if-match': etag })
  const answers = await Promise.all(['One', 'Two', 'Three'].map(change))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412])
})

test('nobody changes the address of somebody who may do more than they, and so takes over their account', async () => {
  const { call, tenantId, admin, member } = await tenant()
  const weak = await caller(tenantId, member.userId, ['users:read', 'users:write'])
  const email = `${crypto.randomUUID()}@mine.example`
  const refused = await weak('PATCH', `/${admin.userId}`, { email })
  expect(refused).toMatchObject({ status: 403, json: { code: 'role.beyond_own_permissions' } })
  expect(await mailsTo(email)).toEqual([])
  expect((await call('PATCH', `/${admin.userId}`, { email })).status).toBe(200)
})

test.each([
  [
    'has been given another role',
    (call: Call, id: string) => call('PATCH', `/${id}`, { roles: ['auditor'] }),
  ],
  ['has been removed from the tenant', (call: Call, id: string) => call('DELETE', `/${id}`)],
  [
    'has joined another tenant',
    async (_: Call, userId: string) => {
      const { person } = await enter()
      await inPlatform(db, (tx) => tx.insert(memberships).values({ tenantId: person.tenantId, userId }))
    },
  ],
])('a link to a new address is void once the person %s', async (_, change) => {
  const { call, member } = await tenant()
  const email = `${crypto.randomUUID()}@mine.example`
  await call('PATCH', `/${member.userId}`, { email })
  const [mail] = await mailsTo(email)
  const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  await change(call, member.userId)
  expect((await confirm(token)).json()).toMatchObject({ code: 'user.unknown_email_token' })
  expect((await resolve(member.userId)).user.email).toBe(member.email)
})
