import { platformTenantId } from '@gatehouse/contracts/principal'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'

const { app, as, asAuth, enter, emitted } = await harness()

const resolve = (...principals: object[]) =>
  app.inject({
    method: 'POST',
    url: '/api/internal/principals/resolve',
    headers: asAuth,
    payload: { principals },
  })

test('a new person becomes the administrator of a tenant of their own, in one transaction with its two events', async () => {
  const { person, answer } = await enter({ companyName: 'Analytical Engines', country: 'GB' })
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    user: {
      id: person.userId,
      email: person.email,
      tenantId: person.tenantId,
      status: 'active',
      roles: ['tenant-admin'],
    },
    tenants: [{ id: person.tenantId, name: 'Analytical Engines', roles: ['tenant-admin'] }],
  })
  expect(answer.json().permissions).toContain('audit:read')
  expect(answer.json().permissions).not.toContain('platform:read')

  const events = (await emitted()).filter(({ tenantId }) => tenantId === person.tenantId)
  expect(events).toMatchObject([
    { subject: 'identity.directory.tenant.created', aggregateId: person.tenantId, aggregateVersion: 1 },
    { subject: 'identity.directory.user.registered', aggregateId: person.userId, aggregateVersion: 1 },
  ])
})

test('entering the same person twenty times at once enters them once, and everybody gets the same answer', async () => {
  const { person } = await enter()
  const before = (await emitted()).length
  const answers = await Promise.all(Array.from({ length: 20 }, () => enter(person)))
  expect(new Set(answers.map(({ answer }) => answer.body)).size).toBe(1)
  expect(await emitted()).toHaveLength(before)
})

test('an e-mail address is one person, and of two who race for it one gets it and nothing is left of the other', async () => {
  const email = 'grace@navy.example'
  const answers = await Promise.all([enter({ email }), enter({ email }), enter({ email })])
  expect(answers.map(({ answer }) => answer.statusCode).sort()).toEqual([200, 409, 409])
  for (const { person, answer } of answers.filter(({ answer }) => answer.statusCode === 409)) {
    expect(answer.json()).toMatchObject({ code: 'user.email_taken' })
    expect((await resolve({ userId: person.userId })).json()).toEqual({ principals: [null] })
    expect((await emitted()).filter(({ tenantId }) => tenantId === person.tenantId)).toEqual([])
  }
})

test('an id that somebody else has is refused, and shows nothing of them', async () => {
  const { person } = await enter()
  const { answer } = await enter({ userId: person.userId })
  expect(answer.statusCode).toBe(409)
  expect(answer.body).not.toContain(person.email)
})

test('who is entered into the tenant of the platform administers it', async () => {
  const { answer } = await enter({ tenantId: platformTenantId, platformAdministrator: true })
  expect(answer.json()).toMatchObject({ user: { roles: ['platform-admin'], tenantId: platformTenantId } })
  expect(answer.json().permissions).toContain('platform:write')
})

test('nobody comes into the tenant of the platform unless they are said to administer it', async () => {
  const { answer } = await enter({ tenantId: platformTenantId })
  expect(answer.statusCode).toBe(400)
})

test('people are found by e-mail in any case, and by id in a tenant of theirs only, each in their place', async () => {
  const { person } = await enter()
  const { person: other } = await enter()
  const answer = await resolve(
    { email: 'nobody@nowhere.example' },
    { userId: other.userId, tenantId: other.tenantId },
    { email: person.email.toUpperCase() },
    { userId: person.userId, tenantId: other.tenantId },
    { userId: person.userId },
    { userId: person.userId, tenantId: person.tenantId },
  )
  const found = { user: { id: person.userId, tenantId: person.tenantId } }
  expect(answer.json()).toMatchObject({
    principals: [null, { user: { id: other.userId } }, found, null, found, found],
  })
})

test.each([0, 101])('%i people at once are not asked for', async (count) => {
  const answer = await resolve(...Array.from({ length: count }, () => ({ userId: crypto.randomUUID() })))
  expect(answer.statusCode).toBe(400)
})

test('a person sees themselves with their tenants, roles and permissions', async () => {
  const { person } = await enter({ firstName: 'Ægir', lastName: '李' })
  const headers = await as({ subject: person.userId, tenantId: person.tenantId })
  const answer = await app.inject({ url: '/api/users/me', headers })
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({
    id: person.userId,
    firstName: 'Ægir',
    lastName: '李',
    emailVerified: false,
    lastLoginAt: null,
    tenants: [{ id: person.tenantId, name: 'Ægir 李', roles: ['tenant-admin'] }],
  })
})

test('a token for a tenant that its bearer is not in shows nothing', async () => {
  const { person } = await enter()
  const headers = await as({ subject: person.userId, tenantId: crypto.randomUUID() })
  expect((await app.inject({ url: '/api/users/me', headers })).statusCode).toBe(404)
})
