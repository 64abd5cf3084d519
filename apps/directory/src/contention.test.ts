import { createHash, randomInt, randomUUID } from 'node:crypto'
import { permissions as catalogue, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { hasAdministrator } from './administrators.ts'
import { harness } from './harness.ts'
import { insertMember } from './people/repository.ts'
import { invites, memberships } from './tables.ts'

const { app, db, as, enter } = await harness()
const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')
const maxUsers = 12
const clients = 50
const requestsEach = 4

type Headers = Record<string, string>
type Request = readonly [method: 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object | undefined]

/** Sends a request; again, as its answer says, where there was no connection to be had for so many at once. */
async function send(headers: Headers, [method, path, payload]: Request, tries = 5): Promise<number> {
  const answer = await app.inject({ method, url: `/api${path}`, headers, ...(payload && { payload }) })
  const isFull = answer.statusCode === 503 && answer.headers['retry-after'] !== undefined
  return isFull && tries > 1 ? send(headers, [method, path, payload], tries - 1) : answer.statusCode
}

/** A tenant that is nearly full, with administrators, roles and open invites. */
async function tenant() {
  const { person: first } = await enter()
  const { tenantId } = first
  const people = [first.userId]
  for (let n = 0; n < 7; n++) {
    const { person } = await enter()
    const systemRole = n < 3 ? 'tenant-admin' : 'member'
    await inPlatform(db, (tx) => insertMember(tx, { tenantId, userId: person.userId, systemRole }))
    people.push(person.userId)
  }
  const asPlatform = await as({ tenantId: platformTenantId, permissions: permissionNames })
  await send(asPlatform, ['PATCH', `/tenants/${tenantId}/settings`, { maxUsers }])
  const roles: string[] = []
  const headers = await as({ tenantId, subject: first.userId, permissions: ofTenants })
  for (const name of ['one', 'two', 'three']) {
    const payload = { name, displayName: name, permissions: ['users:read'] }
    const answer = await app.inject({ method: 'POST', url: '/api/roles', headers, payload })
    roles.push(answer.json().id)
  }
  return { tenantId, people, roles }
}

/** Somebody with an account, and an invite for them. */
async function invitee(tenantId: string, invitedBy: string) {
  const { person } = await enter()
  const token = randomUUID()
  const digest = createHash('sha256').update(token).digest()
  const invite = { id: uuidv7(), tenantId, email: person.email, invitedBy, digest }
  const rest = { roleId: '00000000-0000-7000-8000-000000000003', expiresAt: new Date(Date.now() + 60_000) }
  await inPlatform(db, (tx) => tx.insert(invites).values({ ...invite, ...rest }))
  const headers = await as({ tenantId: person.tenantId, subject: person.userId })
  return { inviteId: invite.id, accept: () => send(headers, ['POST', '/tenants/invites/accept', { token }]) }
}

test('50 clients at the roles and invites of one tenant at once get no 5xx; maxUsers and an administrator hold', async () => {
  const { tenantId, people, roles } = await tenant()
  const [first = ''] = people
  const invited = await Promise.all(Array.from({ length: 20 }, () => invitee(tenantId, first)))
  const anyOf = <T>(list: readonly T[]) => list[randomInt(list.length)] as T
  const admins = await Promise.all(
    people.slice(0, 4).map((subject) => as({ tenantId, subject, permissions: ofTenants })),
  )
  const administrator = { roles: ['tenant-admin'] }
  const anything: readonly (() => Request)[] = [
    () => ['POST', '/roles', { name: `r${randomInt(5)}`, displayName: 'R', permissions: ['users:read'] }],
    () => ['PATCH', `/roles/${anyOf(roles)}`, { isActive: randomInt(2) === 0 }],
    () => ['DELETE', `/roles/${anyOf(roles)}`],
    () => ['POST', `/roles/users/${anyOf(people)}/assign`, { roles: [anyOf(['one', 'two', 'three'])] }],
    () => ['POST', `/roles/users/${anyOf(people)}/remove`, { roles: [anyOf(['one', 'two', 'three'])] }],
    () => ['POST', `/roles/users/${anyOf(people)}/remove`, administrator],
    () => ['POST', `/roles/users/${anyOf(people)}/assign`, administrator],
    () => ['PATCH', `/users/${anyOf(people)}`, { roles: [anyOf(['member', 'tenant-admin', 'one'])] }],
    () => ['POST', `/users/${anyOf(people)}/deactivate`],
    () => ['POST', `/users/${anyOf(people)}/reactivate`],
    () => ['DELETE', `/users/${anyOf(people)}`],
    () => ['POST', `/tenants/${tenantId}/invites`, { email: `p${randomInt(5)}@navy.example` }],
    () => ['POST', `/tenants/${tenantId}/invites/${anyOf(invited).inviteId}/resend`],
    () => ['DELETE', `/tenants/${tenantId}/invites/${anyOf(invited).inviteId}`],
  ]
  const client = async (_: unknown, n: number) => {
    const statuses: number[] = []
    for (let k = 0; k < requestsEach; k++) {
      const guest = k === 0 ? invited[n] : undefined
      statuses.push(guest ? await guest.accept() : await send(anyOf(admins), anyOf(anything)()))
    }
    return statuses
  }
  const statuses = (await Promise.all(Array.from({ length: clients }, client))).flat()
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  expect(statuses.filter((status) => status < 300).length).toBeGreaterThan(clients)

  const members = await readInPlatform(db, (tx) => tx.$count(memberships, eq(memberships.tenantId, tenantId)))
  expect(members).toBeLessThanOrEqual(maxUsers)
  expect(await readInPlatform(db, (tx) => hasAdministrator(tx, tenantId))).toBe(true)
})
