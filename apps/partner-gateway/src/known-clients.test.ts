import { randomBytes } from 'node:crypto'
import type { Permission } from '@gatehouse/contracts/permissions'
import { inPlatform } from '@gatehouse/db/tenant'
import { repeatable } from '@gatehouse/http/repeatable'
import { createTestDatabase } from '@gatehouse/testing/database'
import { eq, sql } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from './clients/create-client.ts'
import { createKnownClients } from './known-clients.ts'
import { oauthClients } from './tables.ts'

const origin = {
  correlationId: 'known-clients',
  sourceIp: undefined,
  userAgent: undefined,
  traceparent: undefined,
}
const silent = { info() {}, warn() {}, error() {} }

async function harness() {
  const { db } = await createTestDatabase('partner-gateway')
  const revoked = new Set<string>()
  const replica = () => {
    const known = createKnownClients({ db, log: silent, isRevoked: ({ id }) => revoked.has(id) })
    onTestFinished(known.stop)
    return known
  }
  const create = async () => {
    const permissions = new Set<Permission>(['users:read'])
    const caller = { kind: 'user', id: crypto.randomUUID(), sessionId: undefined, permissions } as const
    const principal = { ...caller, tenantId: crypto.randomUUID() }
    const url = '/api/partner/clients'
    return createClient(
      { db, secretKey: randomBytes(32) },
      { name: 'Difference Ltd', scopes: ['users:read'], rateLimitPerMinute: 600, allowedIps: [] },
      { principal, origin, request: repeatable(randomBytes(32), { principal, url, headers: {}, body: {} }) },
    )
  }
  const change = (id: string, to: Partial<typeof oauthClients.$inferInsert>) =>
    inPlatform(db, (tx) =>
      tx
        .update(oauthClients)
        .set({ ...to, version: sql`version + 1`, updatedAt: sql`clock_timestamp()` })
        .where(eq(oauthClients.id, id)),
    )
  return { db, revoked, replica, create, change }
}

test('a client that is known is found in memory, by its id and by its public identifier, even while the database is away', async () => {
  const { db, replica, create } = await harness()
  const [client, other] = [await create(), await create()]
  const { find, remembered } = replica()
  const found = await find(client.id)
  expect(found).toMatchObject({ id: client.id, clientId: client.clientId, scopes: ['users:read'] })
  expect(found?.secrets).toHaveLength(1)
  await db.close()
  expect(remembered(client.clientId)).toEqual(found)
  expect(await find(client.id)).toEqual(found)
  await expect(find(other.id)).rejects.toMatchObject({ statusCode: 503 })
})

test('of any number that ask at once for a client that is not known, one reads it', async () => {
  const { replica, create } = await harness()
  const client = await create()
  const { find } = replica()
  const found = await Promise.all(Array.from({ length: 50 }, () => find(client.id)))
  expect(new Set(found).size).toBe(1)
})

test('a change that any replica makes is seen by all of them within a second', async () => {
  const { replica, create, change } = await harness()
  const client = await create()
  const replicas = [replica(), replica()]
  for (const { find } of replicas) expect((await find(client.id))?.rateLimitPerMinute).toBe(600)
  await change(client.id, { rateLimitPerMinute: 7 })
  for (const { find } of replicas)
    await expect.poll(async () => (await find(client.id))?.rateLimitPerMinute).toBe(7)
})

test('a client that the revocation feed tells of is gone at once, also for who reads it just then', async () => {
  const { replica, create, revoked } = await harness()
  const client = await create()
  const { find, remembered, read } = replica()
  expect(await find(client.id)).toBeDefined()
  revoked.add(client.id)
  expect(await find(client.id)).toBeUndefined()
  expect(remembered(client.clientId)).toBeUndefined()
  expect(await read(client.clientId)).toBeUndefined()
})

test('a client that is revoked in the database, or is nobody, is not found', async () => {
  const { replica, create, change } = await harness()
  const client = await create()
  await change(client.id, { revokedAt: new Date() })
  const { find, read } = replica()
  expect(await find(client.id)).toBeUndefined()
  expect(await find(crypto.randomUUID())).toBeUndefined()
  expect(await read('nobody')).toBeUndefined()
})
