import type { Permission } from '@gatehouse/contracts/permissions'
import { platformTenantId } from '@gatehouse/contracts/principal'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { createLogger } from '@gatehouse/http/logging'
import { createServer } from '@gatehouse/http/server'
import { days, harness } from '@gatehouse/keys/harness'
import { publishedKeys } from '@gatehouse/keys/published-keys'
import { unsealKey } from '@gatehouse/keys/sealed-key'
import { hastenRotation, keptSeconds, turnKeys } from '@gatehouse/keys/turn-keys'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createIssuer, type Issuer } from '../issuer.ts'
import { keyRoutes } from './routes.ts'
import { tellOfKey } from './tell-of-key.ts'

const issuerUrl = 'https://gatehouse.test'
const { db, deps, pass, ...keys } = await harness(tellOfKey)
const replica = async () => {
  const issuer = createIssuer(issuerUrl)
  return { issuer, ...(await keys.replica(issuer)) }
}
const guarded = {
  method: 'GET',
  url: '/api/guarded',
  config: { access: 'users:read' },
  schema: { response: { 200: z.unknown() }, operationId: 'guarded', summary: 'Guarded', tags: ['T'] },
} as const

/** A service that verifies tokens by auth's key set, and counts how often it asks for that. */
async function verifier() {
  const state = { asked: 0 }
  const keys = () => {
    state.asked += 1
    return publishedKeys(db)
  }
  const app = createServer({
    service: 'auth',
    version: 'test',
    log: createLogger({ service: 'auth', level: 'silent' }),
    authentication: { issuer: issuerUrl, audiences: ['gatehouse'], keys, isRevoked: () => false },
  })
  app.register(keyRoutes, { db })
  app.route({ ...guarded, handler: async () => ({}) })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  const call = async (token: string) => {
    const answer = await fetch(`${url}/api/guarded`, { headers: { authorization: `Bearer ${token}` } })
    await answer.text()
    return answer.status
  }
  return { app, state, call }
}

const tokenOf = (issuer: Issuer) =>
  issuer.issue({
    kind: 'user',
    subject: crypto.randomUUID(),
    tenantId: platformTenantId,
    clientId: 'gatehouse',
    audience: 'gatehouse',
    permissions: ['users:read'] satisfies Permission[],
  })

const kidOf = (token: string) => JSON.parse(atob(token.split('.')[0] ?? '')).kid as string

test('through a whole rotation under load, by replicas that switch one after the other, no good token is refused, and no verifier has to ask for a key', async () => {
  const replicas = [await replica(), await replica(), await replica()]
  const { call, state } = await verifier()
  const old = replicas.map(({ issuer }) => tokenOf(issuer))
  expect(await Promise.all(old.map(call))).toEqual([200, 200, 200])
  const asked = state.asked

  let isOver = false
  const counts = new Map<number, number>()
  const kids = new Set<string>()
  onTestFinished(() => {
    isOver = true
  })
  const load = Array.from({ length: 6 }, async (_, n) => {
    while (!isOver) {
      const token = tokenOf((replicas[n % 3] as (typeof replicas)[0]).issuer)
      kids.add(kidOf(token))
      const status = await call(token)
      counts.set(status, (counts.get(status) ?? 0) + 1)
    }
  })
  await pass(31 * days)
  for (const { turn } of replicas) {
    await turn()
    await Promise.all([...old, ...replicas.map(({ issuer }) => tokenOf(issuer))].map(call))
  }
  expect(await Promise.all(old.map(call))).toEqual([200, 200, 200])
  isOver = true
  await Promise.all(load)

  expect([...counts.keys()]).toEqual([200])
  expect(kids.size).toBe(2)
  expect(state.asked).toBe(asked)
})

test('once a key is gone, what it has signed is refused', async () => {
  const { issuer, turn } = await replica()
  const token = tokenOf(issuer)
  expect(await (await verifier()).call(token)).toBe(200)
  await pass(31 * days)
  await turn()
  expect(await (await verifier()).call(token)).toBe(200)
  await pass(keptSeconds + 1)
  expect(await (await verifier()).call(token)).toBe(401)
  expect(await (await verifier()).call(tokenOf(issuer))).toBe(200)
})

test('a rotation at somebody’s command reaches every replica by itself', async () => {
  const replicas = [await replica(), await replica()]
  await pass(1 * days)
  const { kid } = await hastenRotation(deps)
  for (const { turn, issuer } of replicas) {
    await turn()
    expect(kidOf(tokenOf(issuer))).toBe(kid)
  }
})

test('what is published verifies tokens and signs none: no key has a private member, at any time of a rotation', async () => {
  const { app } = await verifier()
  const { turn } = await replica()
  for (let time = 0; time < 3; time += 1) {
    await pass(31 * days)
    await turn()
    const { keys } = (await app.inject('/api/.well-known/jwks.json')).json()
    expect(keys.length).toBeGreaterThan(1)
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    }
  }
})

test('each new key is an event that says from when on it signs, and holds nothing private', async () => {
  const { db, deps } = await harness(tellOfKey)
  const signer = await turnKeys(deps)
  const { d } = await unsealKey(deps.seal, signer)
  const events = await readInPlatform(db, (tx) => tx.select().from(outbox))
  expect(events.map(({ subject }) => subject)).toEqual([
    'identity.auth.signing_key.created',
    'identity.auth.signing_key.created',
  ])
  expect(JSON.stringify(events)).toContain(signer.kid)
  expect(JSON.stringify(events)).not.toContain(d)
})
