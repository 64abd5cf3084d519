import { createHash } from 'node:crypto'
import { readInPlatform } from '@gatehouse/db/tenant'
import { sweepErasure } from '@gatehouse/testing/erasure-sweep'
import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { dataMap } from '../data-map.ts'
import { harness } from '../harness.ts'
import { oauthClients } from '../tables.ts'
import { eraseAgain } from './erase-again.ts'

const { app, db, as, knownClients } = await harness()

/** Somebody with a client that they made, and how they ask for what is held on them. */
async function maker() {
  const [userId, tenantId] = [uuidv7(), uuidv7()]
  const headers = await as({
    subject: userId,
    tenantId,
    permissions: ['partner-clients:write', 'partner-clients:read', 'users:read'],
  })
  const payload = { name: 'Difference Ltd', scopes: ['users:read'] }
  const created = await app.inject({ method: 'POST', url: '/api/partner/clients', headers, payload })
  expect(created.statusCode).toBe(201)
  const through = await as({ subject: userId, tenantId, actor: 'directory' })
  const held = async () =>
    (await app.inject({ url: '/api/internal/partner-gateway/personal-data', headers: through })).json()
  return { userId, tenantId, id: created.json().id as string, held }
}

async function erase(userId: string, tenantIds: readonly string[] = []) {
  const headers = await as({ kind: 'service', subject: 'directory', permissions: ['erasures:write'] })
  const payload = { userId, tenantIds }
  return app.inject({ method: 'POST', url: '/api/internal/partner-gateway/erasures', headers, payload })
}

const rowOf = async (id: string) =>
  (await readInPlatform(db, (tx) => tx.select().from(oauthClients).where(eq(oauthClients.id, id))))[0]

sweepErasure(db, dataMap, { endow: async () => (await maker()).userId, erase })

test('G3: somebody is told of the clients that they made, and nobody else is', async () => {
  const [ada, grace] = [await maker(), await maker()]
  const { records } = await ada.held()
  expect(records).toMatchObject([
    {
      table: 'oauth_clients',
      record: { createdBy: ada.userId, tenantId: ada.tenantId, name: 'Difference Ltd' },
    },
  ])
  expect(JSON.stringify(records)).not.toContain(grace.userId)
})

test('G1: a client outlives who made it and forgets them, once; one of a tenant that was theirs alone is gone', async () => {
  const [ada, grace] = [await maker(), await maker()]
  const first = await erase(ada.userId)
  expect(first.json()).toMatchObject({ erased: { oauth_clients: 1 } })
  expect((await erase(ada.userId)).json()).toEqual(first.json())
  expect(await rowOf(ada.id)).toMatchObject({ createdBy: null, name: 'Difference Ltd' })
  expect(await knownClients.find(ada.id)).toBeDefined()
  await erase(grace.userId, [grace.tenantId])
  expect(await rowOf(grace.id)).toBeUndefined()
})

test('G2: who was erased and is back from a backup is erased again', async () => {
  const ada = await maker()
  const digests = [createHash('sha256').update(ada.userId).digest('hex')]
  expect(await eraseAgain(db, digests)).toBe(1)
  expect(await eraseAgain(db, digests)).toBe(0)
  expect(await rowOf(ada.id)).toMatchObject({ createdBy: null })
})
