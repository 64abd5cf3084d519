import { connect } from '@gatehouse/db/connect'
import { parseVerifierKey } from '@gatehouse/ledger/signed-note'
import { verifyExport } from '@gatehouse/verify/verify-export'
import { expect, test } from 'vitest'
import { received } from '../harness.ts'
import { dropEntriesBefore } from '../partitions.ts'
import { signingHarness } from './harness.ts'
import { signTrees } from './sign-trees.ts'

const { app, db, url, record, get, replica } = await signingHarness()

const monthsAgo = (months: number) => {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 2))
}

test('months that are past retention are dropped by the owner, and by nobody else; what is left verifies with all that was', async () => {
  const tenantId = crypto.randomUUID()
  const tenant = { name: 'Engines', type: 'customer', country: null }
  const at = (months: number) =>
    received('tenant.created', tenantId, tenant, { time: monthsAgo(months).toISOString() })
  await record(at(9), at(8), at(0), at(8), at(1))
  await signTrees(replica())
  const kept = { name: 'before', note: (await get(tenantId, '/checkpoint')).body }

  await expect(dropEntriesBefore(db, monthsAgo(6))).rejects.toThrow('permission denied')
  const owner = connect({
    url: Object.assign(new URL(url), { username: 'audit_owner' }).href,
    poolSize: 1,
    applicationName: 'test',
  })
  expect(await dropEntriesBefore(owner, monthsAgo(6))).toHaveLength(2)
  expect(await dropEntriesBefore(owner, monthsAgo(6))).toEqual([])
  await owner.close()

  const { data } = (await get(tenantId, '')).json()
  expect(data.map(({ leafIndex }: { leafIndex: number }) => leafIndex)).toEqual([2, 4])
  const keys = (await app.inject({ url: '/api/audit-logs/keys' })).body.trimEnd().split('\n')
  const { body } = await get(tenantId, '/export')
  const report = await verifyExport(body.trimEnd().split('\n'), {
    keys: keys.map(parseVerifierKey),
    checkpoints: [kept],
  })
  expect(report).toMatchObject({ verdict: 'good', entries: 5, pastRetention: 3 })
})
