import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

const call = { operation: 'o', outcome: 'answered', bytesIn: 1, bytesOut: 1, ms: 1 } as const

test('no query reaches past its tenant, even without a where', async () => {
  const { app, db, as, limits, account } = await harness()
  const headers = await as({ permissions: ['partner-clients:write', 'users:read'] })
  const payload = { name: 'Difference Ltd', scopes: ['users:read'] }
  const created = await app.inject({ method: 'POST', url: '/api/partner/clients', headers, payload })
  expect(created.statusCode).toBe(201)
  await limits.take(created.json())
  account.count({ ...call, clientId: created.json().id })
  await account.write()
  await sweepTenancy(db, ['client_secrets', 'client_usage', 'oauth_clients', 'outbox', 'quota_windows'])
})
