import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { test } from 'vitest'
import { harness, origin, somebody } from './harness.ts'
import { startSession } from './sessions/start-session.ts'

test('no query reaches past its tenant, even without a where', async () => {
  const deps = await harness()
  await startSession(deps, somebody(), 'password', origin)
  await sweepTenancy(deps.db, ['outbox', 'refresh_tokens', 'sessions'])
})
