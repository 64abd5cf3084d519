import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

test('no query reaches past its tenant, even without a where', async () => {
  const { app, db, as, limits } = await harness()
  const headers = await as({ permissions: ['partner-clients:write', 'users:read'] })
  const payload = { name: 'Difference Ltd', scopes: ['users:read'] }
  const created = await app.inject({ method: 'POST', url: '/api/partner/clients', headers, payload })
  expect(created.statusCode).toBe(201)
  await limits.take(created.json())
  await sweepTenancy(db, ['client_secrets', 'oauth_clients', 'outbox', 'quota_windows'])
})
