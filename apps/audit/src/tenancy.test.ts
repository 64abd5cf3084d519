import { inPlatform } from '@gatehouse/db/tenant'
import { sweepTenancy } from '@gatehouse/testing/tenancy-sweep'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { recordEvents } from './entries/record-events.ts'
import { harness, received } from './harness.ts'

const tenant = { name: 'Analytical Engines', type: 'customer', country: null }

test('no query reaches past its tenant, even without a where', async () => {
  const { db } = await harness()
  await recordEvents(db, [received('tenant.created', crypto.randomUUID(), tenant)])
  await sweepTenancy(db, ['entries'])
})

test('what is recorded cannot be changed or deleted by the application', async () => {
  const { db } = await harness()
  await recordEvents(db, [received('tenant.created', crypto.randomUUID(), tenant)])
  for (const attempt of [
    sql`update entries set action = 'nothing'`,
    sql`delete from entries`,
    sql`truncate entries`,
  ]) {
    await expect(inPlatform(db, (tx) => tx.execute(attempt))).rejects.toThrow('permission denied')
  }
})
