import { openCheckpoint } from '@gatehouse/ledger/checkpoint'
import { verifyConsistency } from '@gatehouse/ledger/consistency'
import { verifyInclusion } from '@gatehouse/ledger/inclusion'
import { parseInclusion } from '@gatehouse/ledger/inclusion-text'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@gatehouse/ledger/signed-note'
import { hashLeaf } from '@gatehouse/ledger/tree'
import { expect, test } from 'vitest'
import { ledgerName } from '../harness.ts'
import { signingHarness } from './harness.ts'
import { signTrees } from './sign-trees.ts'
import { startSigning } from './start-signing.ts'

const { app, as, grow, get, replica, nats, checkpointKeys, asSuperuser } = await signingHarness()

const publishedKeys = async (): Promise<VerifierKey[]> => {
  const { body } = await app.inject({ url: '/api/audit-logs/keys' })
  return body.trimEnd().split('\n').map(parseVerifierKey)
}
const checkpoint = async (tenantId: string) =>
  openCheckpoint((await get(tenantId, '/checkpoint')).body, await publishedKeys())
const sizes = async (tenantId: string) =>
  (await get(tenantId, '/checkpoints')).json().data.map(({ size }: { size: number }) => size)
const unguarded = (...statements: string[]) =>
  asSuperuser('set session_replication_role = replica', ...statements)

test('what has grown is signed by itself, once for all replicas, with a key that anybody can get', async () => {
  const tenantId = crypto.randomUUID()
  await grow(tenantId, 3)
  await Promise.all([replica(), replica(), replica()].map(signTrees))
  expect(await checkpoint(tenantId)).toMatchObject({ origin: `${ledgerName}/${tenantId}`, size: 3 })
  await grow(tenantId, 300)
  await Promise.all([replica(), replica()].map(signTrees))
  await signTrees(replica())
  expect(await sizes(tenantId)).toEqual([303, 3])
})

test('a replica signs for as long as it runs, and says how many ledgers it refuses', async () => {
  const tenantId = crypto.randomUUID()
  const signer = startSigning(replica())
  await grow(tenantId, 2)
  await expect.poll(() => sizes(tenantId)).toEqual([2])
  expect(signer.refused()).toBe(0)
  await signer.stop()
})

test('every entry is proven to be in the ledger, and every ledger to have only grown', async () => {
  const tenantId = crypto.randomUUID()
  const ids = await grow(tenantId, 5)
  await signTrees(replica())
  ids.push(...(await grow(tenantId, 261)))
  await signTrees(replica())
  const keys = await publishedKeys()
  for (const [index, id] of [...ids.entries()].filter(([index]) => index % 11 === 0 || index > 254)) {
    const { leaf, ...text } = parseInclusion((await get(tenantId, `/${id}/proof`)).body)
    const { root, size } = openCheckpoint(text.checkpoint, keys)
    expect(JSON.parse(leaf.toString('utf8', 1))).toMatchObject({
      id,
      index,
      tenantId,
      action: 'tenant.created',
    })
    expect(text.index).toBe(index)
    expect(verifyInclusion({ index, size, leafHash: hashLeaf(leaf), proof: text.proof, root })).toBe(true)
  }
  const { fromRoot, toRoot, proof, ...between } = (await get(tenantId, '/consistency?from=5')).json()
  const bytes = (base64: string) => Buffer.from(base64, 'base64')
  const shown = { fromRoot: bytes(fromRoot), toRoot: bytes(toRoot), proof: proof.map(bytes) }
  expect(between).toEqual({ from: 5, to: 266 })
  expect(verifyConsistency({ ...between, ...shown })).toBe(true)
  expect(shown.toRoot).toEqual((await checkpoint(tenantId)).root)
})

test('another tenant proves nothing and sees nothing of it', async () => {
  const tenantId = crypto.randomUUID()
  const [id] = await grow(tenantId)
  await signTrees(replica())
  const other = crypto.randomUUID()
  expect((await get(other, `/${id}/proof`)).statusCode).toBe(404)
  expect((await get(other, `/checkpoint?tenantId=${tenantId}`)).statusCode).toBe(404)
  expect((await get(other, `/consistency?from=0&tenantId=${tenantId}`)).statusCode).toBe(404)
  expect((await get(other, `/checkpoints?tenantId=${tenantId}`)).json()).toMatchObject({ data: [] })
  const platform = await as({ permissions: ['audit:read', 'platform:read'] })
  const url = `/api/audit-logs/checkpoint?tenantId=${tenantId}`
  expect((await app.inject({ url, headers: platform })).body).toContain(`${ledgerName}/${tenantId}\n1\n`)
})

test('an entry that no checkpoint covers yet, and sizes that never were, are answered as such', async () => {
  const tenantId = crypto.randomUUID()
  const [id] = await grow(tenantId)
  expect((await get(tenantId, `/${id}/proof`)).json()).toMatchObject({
    status: 409,
    code: 'ledger.not_signed_yet',
  })
  expect((await get(tenantId, '/checkpoint')).json()).toMatchObject({
    status: 404,
    code: 'ledger.no_checkpoint',
  })
  await signTrees(replica())
  for (const query of ['from=0&to=2', 'from=2', 'from=1&to=0'])
    expect((await get(tenantId, `/consistency?${query}`)).json()).toMatchObject({
      code: 'ledger.no_such_size',
    })
  expect((await get(tenantId, '/consistency?from=0')).json()).toMatchObject({ from: 0, to: 1, proof: [] })
})

test('a database that is set back to an earlier copy is signed no more, not even once it has grown past it', async () => {
  const tenantId = crypto.randomUUID()
  await grow(tenantId, 4)
  await signTrees(replica())
  await unguarded(
    `create table kept_trees as select * from trees where tenant_id = '${tenantId}'`,
    `create table kept_tiles as select * from tiles where tenant_id = '${tenantId}'`,
    `create table kept_checkpoints as select * from checkpoints where tenant_id = '${tenantId}'`,
  )
  await grow(tenantId, 4)
  await signTrees(replica())
  await unguarded(
    `delete from entries where tenant_id = '${tenantId}' and leaf_index >= 4`,
    ...['trees', 'tiles', 'checkpoints'].flatMap((table) => [
      `delete from ${table} where tenant_id = '${tenantId}'`,
      `insert into ${table} select * from kept_${table}`,
      `drop table kept_${table}`,
    ]),
  )
  await grow(tenantId, 1)
  expect((await signTrees(replica())).get(tenantId)).toContain('5 entries, and had 8')
  await grow(tenantId, 10)
  expect((await signTrees(replica())).get(tenantId)).toContain('not those that were signed')
  expect(await sizes(tenantId)).toEqual([4])
})

test('a ledger whose past was rewritten, tiles and frontier and all, is signed no more', async () => {
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
  const refused = await signTrees(replica())
  expect(refused.get(tenantId)).toContain('not those that were signed')
  expect(refused.has(forged)).toBe(false)
  expect(await sizes(tenantId)).toEqual([6])
})

test('a tree without its tiles is refused, and holds up no other', async () => {
  const [tenantId, other] = [crypto.randomUUID(), crypto.randomUUID()]
  await grow(tenantId, 3)
  await signTrees(replica())
  await grow(tenantId, 3)
  await grow(other, 3)
  await unguarded(`delete from tiles where tenant_id = '${tenantId}'`)
  expect((await signTrees(replica())).get(tenantId)).toContain('no telling')
  expect(await sizes(other)).toEqual([3])
})

test('while one key is changed for another both sign, and the old one ends', async () => {
  const tenantId = crypto.randomUUID()
  const [before] = await publishedKeys()
  const added = await checkpointKeys.rotate(3600)
  await grow(tenantId)
  await signTrees(replica())
  const { signedBy } = await checkpoint(tenantId)
  expect(signedBy.map(formatVerifierKey).sort()).toEqual(
    [before, added].map((key) => key && formatVerifierKey(key)).sort(),
  )
  await asSuperuser(`update checkpoint_keys set signs_until = now() where signs_until is not null`)
  await grow(tenantId)
  await signTrees(replica())
  const after = await checkpoint(tenantId)
  expect(after.signedBy.map(formatVerifierKey)).toEqual([formatVerifierKey(added)])
  expect((await publishedKeys()).map(formatVerifierKey)).toEqual(
    [before, added].map((key) => key && formatVerifierKey(key)),
  )
})

test('when NATS has lost everything, signing goes on from the newest checkpoint that the database proves to be ours', async () => {
  const [tenantId, forged] = [crypto.randomUUID(), crypto.randomUUID()]
  await grow(tenantId, 2)
  await grow(forged, 2)
  await signTrees(replica())
  await nats.kill()
  await nats.empty()
  await nats.start()
  await nats.ensureStreams()
  await unguarded(
    `update checkpoints set note = replace(note, E'\\n2\\n', E'\\n1\\n') where tenant_id = '${forged}'`,
  )
  await grow(tenantId, 2)
  await grow(forged, 2)
  const refused = await signTrees(replica())
  expect(refused.get(forged)).toContain('not ours')
  expect(refused.has(tenantId)).toBe(false)
  expect(await sizes(tenantId)).toEqual([4, 2])
})
