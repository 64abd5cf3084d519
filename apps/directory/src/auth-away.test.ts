import { randomBytes } from 'node:crypto'
import { askAuth } from '@gatehouse/client/ask-auth'
import { formatApiKey } from '@gatehouse/contracts/api-key-format'
import { permissions as catalogue, permissionNames } from '@gatehouse/contracts/permissions'
import { serverOptions } from '@gatehouse/testing/server-options'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { harness } from './harness.ts'

const { deps, issuer, as, enter } = await harness()

test('while auth is away, whoever has a token goes on; only an API key that is new here has to wait', async () => {
  const { person } = await enter()
  const server = serverOptions('directory', issuer)
  const away = askAuth({ authUrl: 'http://127.0.0.1:9', token: async () => 'none', service: 'directory' })
  let asked = 0
  const keys = async () => {
    asked += 1
    if (asked > 1) throw new Error('auth is away')
    return issuer.jwks
  }
  const app = buildApp({ ...server, authentication: { ...server.authentication, ...away, keys } }, deps)
  await app.ready()
  const { tenantId, userId: subject } = person
  const ofTenants = permissionNames.filter((name) => catalogue[name].grantable === 'tenant')
  const headers = await as({ tenantId, subject, permissions: ofTenants })
  const call = (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) =>
    app.inject({ method, url: `/api${url}`, headers, ...(payload && { payload }) })
  for (const answer of [
    await call('GET', '/users/me'),
    await call('GET', '/users'),
    await call('PATCH', '/users/me', { lastName: 'Byron' }),
    await call('POST', '/roles', { name: 'helper', displayName: 'Helper' }),
    await call('POST', `/tenants/${tenantId}/invites`, { email: `${uuidv7()}@navy.example` }),
    await call('PATCH', `/tenants/${tenantId}/settings`, { locale: 'de' }),
  ]) {
    expect(answer.statusCode).toBeLessThan(300)
  }
  const key = { 'x-api-key': formatApiKey(uuidv7(), randomBytes(32)) }
  const refused = await app.inject({ url: '/api/users', headers: key })
  expect(refused.statusCode).toBe(503)
  expect(refused.headers['retry-after']).toBeDefined()
})
