import { permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform } from '@gatehouse/db/tenant'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { insertMember } from './repository.ts'

const { app, db, as, asAuth, enter, emitted } = await harness()
const asPlatform = await as({ tenantId: platformTenantId, permissions: permissionNames })

const move = async (id: string, to: 'suspend' | 'reinstate', headers = asPlatform) => {
  const answer = await app.inject({ method: 'POST', url: `/api/users/${id}/${to}`, headers })
  return { status: answer.statusCode, code: answer.body ? answer.json().code : undefined }
}
const done = { status: 204, code: undefined }

const join = (tenantId: string, userId: string, systemRole = 'member') =>
  inPlatform(db, (tx) => insertMember(tx, { tenantId, userId, systemRole }))

/** What auth is told of somebody, whichever way they come. */
const resolve = async (sought: object) => {
  const url = '/api/internal/principals/resolve'
  const answer = await app.inject({ method: 'POST', url, headers: asAuth, payload: { principals: [sought] } })
  return answer.json().principals[0]
}

/** The subjects of what was told of somebody since they registered, and in which tenants. */
const toldOf = async (id: string) =>
  (await emitted())
    .filter(({ subject, aggregateId }) => aggregateId === id || subject.endsWith(id))
    .map(({ subject, tenantId }) => [subject.replace('identity.directory.', ''), tenantId])
    .filter(([subject]) => subject !== 'user.registered')

test('A18: who is suspended by the platform is out in every tenant at once, and in again where their tenants let them', async () => {
  const [{ person: host }, { person: strict }, { person }] = await Promise.all([enter(), enter(), enter()])
  const { userId, email } = person
  await join(host.tenantId, userId)
  await join(strict.tenantId, userId)
  const asStrict = await as({
    tenantId: strict.tenantId,
    subject: strict.userId,
    permissions: ['users:write'],
  })
  await app.inject({ method: 'POST', url: `/api/users/${userId}/deactivate`, headers: asStrict })

  const before = await toldOf(userId)
  expect(await move(userId, 'suspend')).toEqual(done)
  const tenants = [person, host, strict].map(({ tenantId }) => tenantId)
  for (const sought of [{ email }, { userId }, ...tenants.map((tenantId) => ({ userId, tenantId }))])
    expect((await resolve(sought)).user.status).toBe('suspended')
  const told = (await toldOf(userId)).slice(before.length)
  expect(told).toHaveLength(5)
  expect(told).toContainEqual([`revocation.directory.user.${userId}`, platformTenantId])
  for (const tenantId of [...tenants, platformTenantId])
    expect(told).toContainEqual(['user.suspended', tenantId])

  expect(await move(userId, 'reinstate')).toEqual(done)
  expect((await resolve({ userId, tenantId: host.tenantId })).user.status).toBe('active')
  expect((await resolve({ userId, tenantId: strict.tenantId })).user.status).toBe('suspended')
})

test('no tenant lets in who is suspended by the platform', async () => {
  const { person: host } = await enter()
  const { person } = await enter()
  await join(host.tenantId, person.userId)
  await move(person.userId, 'suspend')
  const headers = await as({ tenantId: host.tenantId, subject: host.userId, permissions: ['users:write'] })
  const url = `/api/users/${person.userId}/reactivate`
  const answer = await app.inject({ method: 'POST', url, headers })
  expect(answer.json()).toMatchObject({ status: 409, code: 'user.illegal_status' })
})

test('T5: of two administrators of a tenant whom the platform suspends at once, one stays; who is alone in theirs goes', async () => {
  const [{ person: one }, { person: other }] = await Promise.all([enter(), enter()])
  await join(one.tenantId, other.userId, 'tenant-admin')
  const answers = await Promise.all([move(one.userId, 'suspend'), move(other.userId, 'suspend')])
  expect(answers).toContainEqual(done)
  expect(answers).toContainEqual({ status: 409, code: 'tenant.last_administrator' })
})

test("nobody suspends themselves, also by a key of theirs, nor the platform's last administrator", async () => {
  const { person } = await enter({ tenantId: platformTenantId, platformAdministrator: true })
  const own = { tenantId: platformTenantId, permissions: permissionNames }
  const itself = await as({ ...own, subject: person.userId })
  const byKey = await as({ ...own, kind: 'api_key', ownerId: person.userId })
  for (const headers of [itself, byKey])
    expect(await move(person.userId, 'suspend', headers)).toEqual({ status: 409, code: 'user.not_oneself' })
  const refused = { status: 409, code: 'tenant.last_administrator' }
  expect(await move(person.userId, 'suspend')).toEqual(refused)
  const nobody = { status: 404, code: 'user.not_found' }
  expect(await move(crypto.randomUUID(), 'suspend')).toEqual(nobody)
})
