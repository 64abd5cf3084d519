import { parseVerifierKey } from '@gatehouse/ledger/signed-note'
import { verifyExport } from '@gatehouse/verify/verify-export'
import { expect, test } from 'vitest'
import { beginAgain } from './begin-again.ts'
import { signingHarness } from './harness.ts'
import { signTrees } from './sign-trees.ts'

const { app, recording, keys, grow, get, replica, asSuperuser } = await signingHarness()
const log = { ...recording, keys }
const unguarded = (...statements: string[]) =>
  asSuperuser('set session_replication_role = replica', ...statements)

const checkpointOf = async (tenantId: string, name: string) => ({
  name,
  note: (await get(tenantId, '/checkpoint')).body,
})

/** A ledger that was signed at 4 and at 8 entries, and whose database is as it was at 4, with one recorded since. */
async function setBack() {
  const tenantId = crypto.randomUUID()
  await grow(tenantId, 4)
  await signTrees(replica())
  const atFour = await checkpointOf(tenantId, 'at 4')
  const tables = ['trees', 'tiles', 'checkpoints']
  await unguarded(
    ...tables.map(
      (table) => `create table kept_${table} as select * from ${table} where tenant_id = '${tenantId}'`,
    ),
  )
  await grow(tenantId, 4)
  await signTrees(replica())
  const atEight = await checkpointOf(tenantId, 'at 8')
  await unguarded(
    `delete from entries where tenant_id = '${tenantId}' and leaf_index >= 4`,
    ...tables.flatMap((table) => [
      `delete from ${table} where tenant_id = '${tenantId}'`,
      `insert into ${table} select * from kept_${table}`,
      `drop table kept_${table}`,
    ]),
  )
  await grow(tenantId, 1)
  return { tenantId, atFour, atEight }
}

async function verified(tenantId: string, checkpoints: { name: string; note: string }[]) {
  const published = (await app.inject({ url: '/api/audit-logs/keys' })).body.trimEnd().split('\n')
  const { body } = await get(tenantId, '/export')
  return verifyExport(body.trimEnd().split('\n'), { keys: published.map(parseVerifierKey), checkpoints })
}

test('F20: after a restored backup a ledger is begun again by command, is signed on, and verifies up to the exact cut', async () => {
  const { tenantId, atFour, atEight } = await setBack()
  const running = replica()
  expect((await signTrees(running)).has(tenantId)).toBe(true)
  const { begun } = await beginAgain({ signing: replica(), log })
  expect(begun).toEqual([{ tenantId, epoch: 2, agreesUpTo: 4, signedSize: 8 }])
  await grow(tenantId, 5)
  expect((await signTrees(running)).has(tenantId)).toBe(false)
  const since = await checkpointOf(tenantId, 'since')
  expect(since.note).toContain(`/audit/2/${tenantId}\n11\n`)

  const report = await verified(tenantId, [atFour, atEight, since])
  expect(report).toMatchObject({ verdict: 'restored', agreeing: [{ name: 'at 4' }, { name: 'since' }] })
  expect(report.problems).toMatchObject([{ kind: 'restored', entries: { from: 4, to: 8 } }])
  expect(report.problems[0]?.text).toContain('entry 5')
  expect(await verified(tenantId, [atFour, since])).toMatchObject({ verdict: 'good' })
  expect(await beginAgain({ signing: replica(), log })).toEqual({ begun: [], left: new Map() })
})

test('a ledger in which somebody has changed something is not begun again', async () => {
  const [tenantId, forged] = [crypto.randomUUID(), crypto.randomUUID()]
  await grow(tenantId, 6)
  await signTrees(replica())
  await grow(forged, 7)
  await unguarded(
    `delete from tiles where tenant_id = '${tenantId}'`,
    `insert into tiles select '${tenantId}', level, index, start, hashes from tiles where tenant_id = '${forged}'`,
    `update trees t set size = f.size, frontier = f.frontier from trees f
      where t.tenant_id = '${tenantId}' and f.tenant_id = '${forged}'`,
  )
  const { begun, left } = await beginAgain({ signing: replica(), log })
  expect(begun).toEqual([])
  expect(left.get(tenantId)).toContain('was changed')
  expect((await signTrees(replica())).has(tenantId)).toBe(true)
})
