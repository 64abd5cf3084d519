import { permissions as catalogue, permissionNames } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { inPlatform } from '@gatehouse/db/tenant'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'
import { insertMember } from './people/repository.ts'
import { memberships, users } from './tables.ts'

const { app, db, as, enter } = await harness()
const asPlatform = await as({ tenantId: platformTenantId, permissions: permissionNames })

/** What somebody is before: of themselves, and in the tenant. */
const states = {
  pending: { own: 'pending', there: 'active' },
  active: { own: 'active', there: 'active' },
  'suspended in the tenant': { own: 'active', there: 'suspended' },
  'suspended everywhere': { own: 'suspended', there: 'active' },
  deleted: { own: 'deleted', there: undefined },
} as const

const moves = {
  'PATCH pending': ['PATCH', '', { status: 'pending' }],
  'PATCH active': ['PATCH', '', { status: 'active' }],
  'PATCH suspended': ['PATCH', '', { status: 'suspended' }],
  'PATCH deleted': ['PATCH', '', { status: 'deleted' }],
  deactivate: ['POST', '/deactivate', undefined],
  reactivate: ['POST', '/reactivate', undefined],
  delete: ['POST', '/delete', undefined],
  suspend: ['POST', '/suspend', undefined],
  reinstate: ['POST', '/reinstate', undefined],
} as const

const ofThePlatform: ReadonlySet<string> = new Set(['delete', 'suspend', 'reinstate'])

const to = (status: string) => ({ status: 200, is: status })
const same = (status: string) => ({ status: 200, is: status })
const illegal = { status: 409, is: 'user.illegal_status' }
const malformed = { status: 400, is: 'request.invalid' }
const unknown = { status: 404, is: 'user.not_found' }
const done = { status: 204, is: undefined }

/** Every move from every state. */
const machine: Record<keyof typeof states, Record<keyof typeof moves, { status: number; is: unknown }>> = {
  pending: {
    'PATCH pending': same('pending'),
    'PATCH active': illegal,
    'PATCH suspended': illegal,
    'PATCH deleted': malformed,
    deactivate: illegal,
    reactivate: illegal,
    delete: done,
    suspend: illegal,
    reinstate: illegal,
  },
  active: {
    'PATCH pending': illegal,
    'PATCH active': same('active'),
    'PATCH suspended': to('suspended'),
    'PATCH deleted': malformed,
    deactivate: to('suspended'),
    reactivate: same('active'),
    delete: done,
    suspend: done,
    reinstate: done,
  },
  'suspended in the tenant': {
    'PATCH pending': illegal,
    'PATCH active': to('active'),
    'PATCH suspended': same('suspended'),
    'PATCH deleted': malformed,
    deactivate: same('suspended'),
    reactivate: to('active'),
    delete: done,
    suspend: done,
    reinstate: done,
  },
  'suspended everywhere': {
    'PATCH pending': illegal,
    'PATCH active': illegal,
    'PATCH suspended': same('suspended'),
    'PATCH deleted': malformed,
    deactivate: same('suspended'),
    reactivate: illegal,
    delete: done,
    suspend: done,
    reinstate: done,
  },
  deleted: {
    'PATCH pending': unknown,
    'PATCH active': unknown,
    'PATCH suspended': unknown,
    'PATCH deleted': malformed,
    deactivate: unknown,
    reactivate: unknown,
    delete: illegal,
    suspend: illegal,
    reinstate: illegal,
  },
}

const cases = Object.entries(machine).flatMap(([state, row]) =>
  Object.entries(row).map(([move, expected]) => ({ state, move, expected })),
) as { state: keyof typeof states; move: keyof typeof moves; expected: { status: number; is: unknown } }[]

const { person: admin } = await enter()
const { tenantId } = admin
const asAdmin = await as({
  tenantId,
  subject: admin.userId,
  permissions: permissionNames.filter((name) => catalogue[name].grantable === 'tenant'),
})

test.each(cases)('somebody who is $state: $move → $expected.status', async ({ state, move, expected }) => {
  const { own, there } = states[state]
  const { person } = await enter()
  await inPlatform(db, async (tx) => {
    await insertMember(tx, { tenantId, userId: person.userId, systemRole: 'member' })
    await tx.update(users).set({ status: own }).where(eq(users.id, person.userId))
    const isTheirs = eq(memberships.userId, person.userId)
    if (there === undefined) await tx.delete(memberships).where(isTheirs)
    else await tx.update(memberships).set({ status: there }).where(isTheirs)
  })
  const [method, path, payload] = moves[move]
  const answer = await app.inject({
    method,
    url: `/api/users/${person.userId}${path}`,
    headers: ofThePlatform.has(move) ? asPlatform : asAdmin,
    ...(payload && { payload }),
  })
  const json = answer.body ? answer.json() : {}
  expect({ status: answer.statusCode, is: json.code ?? json.status }).toEqual(expected)
})
