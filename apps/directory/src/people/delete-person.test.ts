import { createHash, randomUUID } from 'node:crypto'
import { permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { harness } from '../harness.ts'
import { erasureRequests } from '../privacy-tables.ts'
import { invites, memberships, tenants, users } from '../tables.ts'
import { insertMember } from './repository.ts'

const { app, db, as, asAuth, enter, emitted } = await harness()
const asPlatform = await as({ tenantId: platformTenantId, permissions: permissionNames })

const remove = async (id: string, headers = asPlatform) => {
  const answer = await app.inject({ method: 'POST', url: `/api/users/${id}/delete`, headers })
  return { status: answer.statusCode, json: answer.body ? answer.json() : undefined }
}

const join = (tenantId: string, userId: string, systemRole = 'member') =>
  inPlatform(db, (tx) => insertMember(tx, { tenantId, userId, systemRole }))

const resolve = async (sought: object) =>
  (
    await app.inject({
      method: 'POST',
      url: '/api/internal/principals/resolve',
      headers: asAuth,
      payload: { principals: [sought] },
    })
  ).json().principals[0]

const statusOfTenant = async (id: string) => {
  const [row] = await readInPlatform(db, (tx) => tx.select().from(tenants).where(eq(tenants.id, id)))
  return row?.status
}

/** An invite as it is in the database, with a token that the test knows. */
async function invite(given: Partial<typeof invites.$inferInsert> & { tenantId: string; email: string }) {
  const token = randomUUID()
  const digest = createHash('sha256').update(token).digest()
  const roleId = '00000000-0000-7000-8000-000000000003'
  const id = uuidv7()
  const expiresAt = new Date(Date.now() + 60_000)
  await inPlatform(db, (tx) => tx.insert(invites).values({ id, digest, roleId, expiresAt, ...given }))
  return { id, token }
}

test('who is deleted is out of every tenant, their tokens are refused, and nothing says who they were', async () => {
  const { person: boss } = await enter()
  const { person } = await enter({ lastName: 'Byron' })
  await join(boss.tenantId, person.userId)
  expect(await remove(person.userId)).toEqual({ status: 204, json: undefined })

  expect(await resolve({ userId: person.userId })).toBeNull()
  expect(await resolve({ email: person.email })).toBeNull()
  const [tombstone] = await readInPlatform(db, (tx) =>
    tx.select().from(users).where(eq(users.id, person.userId)),
  )
  expect(tombstone).toMatchObject({ status: 'deleted', firstName: '', lastName: '', lastLoginAt: null })
  expect(JSON.stringify(tombstone)).not.toContain(person.email)

  const told = (await emitted()).filter(({ subject, payload }) =>
    /membership.removed|user.deleted|tenant.deleted|revocation/.test(subject)
      ? JSON.stringify(payload).includes(person.userId) || JSON.stringify(payload).includes(person.tenantId)
      : false,
  )
  expect(told.map(({ subject, tenantId }) => [subject, tenantId])).toEqual(
    expect.arrayContaining([
      ['identity.directory.membership.removed', boss.tenantId],
      ['identity.directory.membership.removed', person.tenantId],
      ['identity.directory.tenant.deleted', person.tenantId],
      ['identity.directory.user.deleted', platformTenantId],
      [`revocation.directory.user.${person.userId}`, platformTenantId],
    ]),
  )
  // What was theirs alone is gone with them, its name and all.
  expect(await statusOfTenant(person.tenantId)).toBeUndefined()
  expect(await statusOfTenant(boss.tenantId)).toBe('active')
})

test('G1: a deletion by an administrator is an erasure: it goes on in all services, as if they had asked for it', async () => {
  const { person } = await enter()
  await remove(person.userId)
  const [request] = await readInPlatform(db, (tx) =>
    tx.select().from(erasureRequests).where(eq(erasureRequests.userId, person.userId)),
  )
  expect(request).toMatchObject({
    status: 'running',
    tenantIds: [person.tenantId],
    receipts: { directory: { erased: { users: 1, memberships: 1 } } },
  })
  expect(request?.nextAttemptAt.getTime()).toBeLessThanOrEqual(Date.now())
  expect((await remove(person.userId)).status).toBe(409)
  expect((await remove(uuidv7())).status).toBe(404)
})

test('the address of who was deleted is free and inherits nothing; their id never comes back', async () => {
  const { person: boss } = await enter()
  const { person } = await enter()
  await join(boss.tenantId, person.userId)
  await remove(person.userId)

  const { person: next, answer } = await enter({ email: person.email })
  expect(answer.json()).toMatchObject({ user: { id: next.userId }, tenants: [{ id: next.tenantId }] })
  expect(answer.json().tenants).toHaveLength(1)
  const { answer: again } = await enter({ userId: person.userId })
  expect(again.statusCode).toBe(409)
  expect(await resolve({ userId: person.userId })).toBeNull()
})

test('invites of who is deleted, and to them, go; those that others have accepted forget who sent them', async () => {
  const { person: boss } = await enter()
  const { person } = await enter()
  const { tenantId } = boss
  await join(tenantId, person.userId, 'tenant-admin')
  const from = { tenantId, invitedBy: person.userId }
  const accepted = { ...from, acceptedAt: new Date(), acceptedBy: boss.userId }
  const kept = await invite({ ...accepted, email: `${randomUUID()}@navy.example` })
  const gone = [
    await invite({ ...from, email: `${randomUUID()}@navy.example` }),
    await invite({ tenantId, invitedBy: boss.userId, email: person.email }),
    await invite({ ...accepted, acceptedBy: person.userId, email: `${randomUUID()}@old.example` }),
  ]
  await remove(person.userId)

  const left = await readInPlatform(db, (tx) =>
    tx.select().from(invites).where(eq(invites.tenantId, tenantId)),
  )
  expect(left).toMatchObject([{ id: kept.id, invitedBy: null }])
  for (const { token } of gone) {
    expect((await app.inject(`/api/tenants/invites/validate/${token}`)).statusCode).toBe(404)
  }
  const headers = await as({ tenantId, permissions: permissionNames })
  const list = await app.inject({ url: `/api/tenants/${tenantId}/invites`, headers })
  expect(list.json().data).toMatchObject([{ id: kept.id, invitedBy: null }])
})

test('the last administrator of a tenant with other people stays: 409 that names the tenants, and nothing happens', async () => {
  const { person } = await enter({ companyName: 'Analytical Engines' })
  const { person: other } = await enter()
  await join(person.tenantId, other.userId)
  const refused = await remove(person.userId)
  expect(refused).toMatchObject({ status: 409, json: { code: 'tenant.last_administrator' } })
  expect(refused.json.detail).toContain('Analytical Engines')
  expect((await resolve({ userId: person.userId })).user.email).toBe(person.email)

  await join(person.tenantId, (await enter()).person.userId, 'tenant-admin')
  expect((await remove(person.userId)).status).toBe(204)
})

test("nobody deletes themselves, also by a key of theirs, nor the platform's last administrator", async () => {
  const { person } = await enter({ tenantId: platformTenantId, platformAdministrator: true })
  const own = { tenantId: platformTenantId, permissions: permissionNames }
  const itself = await as({ ...own, subject: person.userId })
  const byKey = await as({ ...own, kind: 'api_key', ownerId: person.userId })
  for (const headers of [itself, byKey]) {
    expect(await remove(person.userId, headers)).toMatchObject({
      status: 409,
      json: { code: 'user.not_oneself' },
    })
  }
  expect(await remove(person.userId)).toMatchObject({
    status: 409,
    json: { code: 'tenant.last_administrator' },
  })
  expect(await remove(uuidv7())).toMatchObject({ status: 404, json: { code: 'user.not_found' } })
})

test('who is deleted while they accept an invite is a member of nothing', async () => {
  const { person: host } = await enter()
  const { person } = await enter()
  const { id, token } = await invite({ tenantId: host.tenantId, invitedBy: host.userId, email: person.email })
  const headers = await as({ tenantId: person.tenantId, subject: person.userId })
  // Both come as far as the invite, which somebody holds, and go on when it is let go of.
  const waiting = (count: number) =>
    vi.waitFor(async () => {
      const [row] = await db.orm.execute(sql`
        select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
      expect(row).toEqual({ n: count })
    }, 10_000)
  const [accepted, removed] = await inPlatform(db, async (tx) => {
    await tx.select().from(invites).where(eq(invites.id, id)).for('update')
    const payload = { token }
    const accepting = app.inject({ method: 'POST', url: '/api/tenants/invites/accept', headers, payload })
    await waiting(1)
    const removing = remove(person.userId)
    await waiting(2)
    return [accepting, removing] as const
  }).then((both) => Promise.all(both))
  expect(removed.status).toBe(204)
  expect([200, 404, 410]).toContain(accepted.statusCode)
  const left = await readInPlatform(db, (tx) =>
    tx.select().from(memberships).where(eq(memberships.userId, person.userId)),
  )
  expect(left).toEqual([])
})
