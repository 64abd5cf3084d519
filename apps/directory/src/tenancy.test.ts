import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { expect, test } from 'vitest'
import { harness } from './harness.ts'

test('no query reaches past its tenant, even without a where', async () => {
  const { db, enter } = await harness()
  expect((await enter()).answer.statusCode).toBe(200)
  await sweepTenancy(db, ['memberships', 'outbox', 'role_assignments', 'roles'], { sharedTables: ['roles'] })
})
