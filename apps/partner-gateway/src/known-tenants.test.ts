import type { Principal } from '@gatehouse/contracts/principal'
import { connect } from '@gatehouse/db/connect'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { sql } from 'drizzle-orm'
import { afterAll, expect, inject, test } from 'vitest'
import { askWhetherActive } from './directory.ts'
import { createKnownTenants } from './known-tenants.ts'

const log = { info() {}, warn() {}, error() {} }
const directory = connect({
  url: inject('directoryDatabaseUrl'),
  poolSize: 1,
  applicationName: 'test',
})
afterAll(directory.close)

async function newTenant() {
  const id = crypto.randomUUID()
  await directory.orm.execute(sql`
    insert into tenants (id, name, slug, type, country)
    values (${id}, 'Analytical Engines', ${`t-${id}`}, 'customer', 'GB')`)
  const become = (status: string) =>
    directory.orm.execute(sql`update tenants set status = ${status} where id = ${id}`)
  return { id, become }
}

/** A gateway that asks the real directory, and counts how often. */
async function gateway() {
  const { as } = await createTestIssuer(inject('issuerKey'))
  const { authorization } = await as({
    kind: 'service',
    subject: 'partner-gateway',
    permissions: ['tenants:read', 'platform:read'],
  })
  const state = { asked: 0, isFresh: true, isUp: true, revokedAt: new Map<string, number>() }
  const askDirectory = askWhetherActive(inject('directoryUrl'), async () => authorization.slice(7))
  const isActive = createKnownTenants({
    log,
    ask: (tenantId) => {
      state.asked += 1
      return state.isUp ? askDirectory(tenantId) : Promise.reject(new Error('down'))
    },
    isFresh: () => state.isFresh,
    isRevoked: ({ tenantId }: Principal, issuedAt) => issuedAt <= (state.revokedAt.get(tenantId) ?? 0),
  })
  return { state, isActive: async (tenantId: string) => isActive(tenantId) }
}

test('whether a tenant is active is asked of the directory once, and then known; even while that is away', async () => {
  const { state, isActive } = await gateway()
  const { id } = await newTenant()
  expect(await Promise.all([isActive(id), isActive(id)])).toEqual([true, true])
  state.isUp = false
  expect(await isActive(id)).toBe(true)
  expect(state.asked).toBe(1)
})

test.each(['suspended', 'deleted'])(
  'a tenant that the feed tells of is asked for again, and is %s at once',
  async (status) => {
    const { state, isActive } = await gateway()
    const { id, become } = await newTenant()
    expect(await isActive(id)).toBe(true)
    await become(status)
    state.revokedAt.set(id, Date.now())
    expect(await isActive(id)).toBe(false)
  },
)

test('a tenant that is active again is so within a second or so', async () => {
  const { isActive } = await gateway()
  const { id, become } = await newTenant()
  await become('suspended')
  expect(await isActive(id)).toBe(false)
  await become('active')
  await expect.poll(() => isActive(id), { timeout: 3_000 }).toBe(true)
})

test('while the feed is stale, what is remembered is not believed', async () => {
  const { state, isActive } = await gateway()
  const { id, become } = await newTenant()
  expect(await isActive(id)).toBe(true)
  await become('suspended')
  state.isFresh = false
  expect(await isActive(id)).toBe(false)
})

test('a tenant that is not there is not active, and where the directory can’t be asked there is no telling', async () => {
  const { state, isActive } = await gateway()
  expect(await isActive(crypto.randomUUID())).toBe(false)
  state.isUp = false
  await expect(isActive(crypto.randomUUID())).rejects.toThrow('down')
})
