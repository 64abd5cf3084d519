import { inPlatform } from '@gatehouse/db/tenant'
import { parseVerifierKey } from '@gatehouse/ledger/signed-note'
import { verifyExport } from '@gatehouse/verify/verify-export'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { received } from '../harness.ts'
import { forgetSubject } from '../subject-keys.ts'
import { signingHarness } from './harness.ts'
import { signTrees } from './sign-trees.ts'

const { app, as, db, record, get, grow, replica, asSuperuser } = await signingHarness()

/** A tenant with 40 entries, of which somebody outside has kept the checkpoints at 20 and at 40. */
async function world() {
  const tenantId = crypto.randomUUID()
  await grow(tenantId, 20)
  await signTrees(replica())
  const atTwenty = { name: 'at 20', note: (await get(tenantId, '/checkpoint')).body }
  const trees = await asSuperuser(
    `select encode(frontier, 'hex') as frontier from trees where tenant_id = '${tenantId}'`,
  )
  await grow(tenantId, 20)
  await signTrees(replica())
  const atForty = { name: 'at 40', note: (await get(tenantId, '/checkpoint')).body }
  return {
    tenantId,
    checkpoints: [atTwenty, atForty],
    frontierAtTwenty: trees.map(({ frontier }) => frontier)[0],
  }
}

const keys = async () =>
  (await app.inject({ url: '/api/audit-logs/keys' })).body.trimEnd().split('\n').map(parseVerifierKey)

async function verified(tenantId: string, checkpoints: { name: string; note: string }[]) {
  const { body } = await get(tenantId, '/export')
  return verifyExport(body.trimEnd().split('\n'), { keys: await keys(), checkpoints })
}

test('an export verifies offline against the checkpoints that somebody kept; that it was made is in the log', async () => {
  const { tenantId, checkpoints } = await world()
  const report = await verified(tenantId, checkpoints)
  expect(report).toMatchObject({ verdict: 'good', entries: 40, erased: 0, tenantId })
  expect(report.agreeing).toHaveLength(2)
  const { data } = (await get(tenantId, '?limit=1')).json()
  expect(data).toMatchObject([
    { action: 'audit_log.exported', metadata: { format: 'ndjson' }, leafIndex: 40 },
  ])
})

test('what a service sent is returned and exported to the byte, however it wrote its JSON, and proven', async () => {
  const tenantId = uuidv7()
  const sent = `{"newState" : {"b":1.00, "a":12345678901234567890,\t"\\u00e9":"\\/é" }, "tenantId":"${tenantId}",
    "actorType":"user","actorId":"${uuidv7()}","action":"invoice.paid","resource":"invoice" }\n`
  const billing = await as({ kind: 'service', tenantId, permissions: ['audit:write'] })
  const answer = await app.inject({
    method: 'POST',
    url: '/api/audit-logs',
    headers: { ...billing, 'content-type': 'application/json' },
    payload: sent,
  })
  expect(answer.statusCode).toBe(201)
  const read = await get(tenantId, `/${answer.json().id}`)
  expect(read.json()).toMatchObject({ sent, newState: { b: 1, é: '/é' } })
  await signTrees(replica())
  const lines = (await get(tenantId, '/export')).body.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).details?.value.sent)).toContain(sent)
  expect(await verifyExport(lines, { keys: await keys(), checkpoints: [] })).toMatchObject({ problems: [] })
})

test('a ledger of more than two tiles is exported whole, in its order', async () => {
  const tenantId = crypto.randomUUID()
  for (let n = 0; n < 3; n++) await grow(tenantId, 300)
  await signTrees(replica())
  expect(await verified(tenantId, [])).toMatchObject({ verdict: 'good', entries: 900 })
})

test('with a destroyed key the entries of that person are unreadable, the rest readable, and everything still verifies', async () => {
  const [tenantId, ada, charles] = [crypto.randomUUID(), uuidv7(), uuidv7()]
  const signedIn = (userId: string) =>
    received('session.started', tenantId, { userId, method: 'password', amr: ['pwd'] }, { actorId: userId })
  await record(signedIn(ada), signedIn(charles), signedIn(ada))
  await signTrees(replica())
  const kept = { name: 'before', note: (await get(tenantId, '/checkpoint')).body }
  await inPlatform(db, (tx) => forgetSubject(tx, ada))
  expect(await verified(tenantId, [kept])).toMatchObject({ verdict: 'good', entries: 3, erased: 2 })
  const { body } = await get(tenantId, '/export')
  const [, ofAda, ofCharles, ofAdaToo] = body.split('\n').map((line) => line.includes('192.0.2.1'))
  expect([ofAda, ofCharles, ofAdaToo]).toEqual([false, true, false])
})

/** What somebody does who has the whole database in their hands, and no guard in their way. */
const deeds: [string, string, (tenant: string) => string[], object][] = [
  [
    'changes an entry',
    'changed',
    (tenant) => [`update entries set action = 'user.saved' where ${tenant} and leaf_index = 7`],
    { from: 7, to: 8 },
  ],
  [
    'changes when something happened',
    'changed',
    (tenant) => [
      `update entries set occurred_at = occurred_at + interval '1 ms' where ${tenant} and leaf_index = 0`,
    ],
    { from: 0, to: 1 },
  ],
  [
    'removes an entry',
    'removed',
    (tenant) => [`delete from entries where ${tenant} and leaf_index = 9`],
    { from: 9, to: 10 },
  ],
  [
    'removes an entry and closes the gap',
    'removed',
    (tenant) => [
      `delete from entries where ${tenant} and leaf_index = 9`,
      `update entries set leaf_index = leaf_index - 1 where ${tenant} and leaf_index > 9`,
    ],
    { from: 9, to: 10 },
  ],
  [
    'inserts an entry',
    'inserted',
    (tenant) => [
      `update entries set leaf_index = leaf_index + 1 where ${tenant} and leaf_index >= 30`,
      `insert into entries select gen_random_uuid(), tenant_id, 30, occurred_at, now(), service, actor_type, actor_id,
        'user.pardoned', resource, resource_id, correlation_id from entries where ${tenant} and leaf_index = 29`,
    ],
    { from: 30, to: 31 },
  ],
  [
    'swaps two entries',
    'reordered',
    (tenant) => [`update entries set leaf_index = 15 - leaf_index where ${tenant} and leaf_index in (3, 12)`],
    { from: 3, to: 4 },
  ],
]

test.each(deeds)('who %s is found out: %s, and which', async (_, kind, statements, entries) => {
  const { tenantId, checkpoints } = await world()
  await unguarded(...statements(`tenant_id = '${tenantId}'`))
  const report = await verified(tenantId, checkpoints)
  expect(report.verdict).toBe('tampered')
  expect(report.problems[0]).toMatchObject({ kind, entries })
})

test('who cuts off the end, checkpoints and tree and all, is found out by a checkpoint that was kept outside', async () => {
  const { tenantId, checkpoints, frontierAtTwenty } = await world()
  const ofTenant = `tenant_id = '${tenantId}'`
  await unguarded(
    `delete from entries where ${ofTenant} and leaf_index >= 20`,
    `delete from checkpoints where ${ofTenant} and size > 20`,
    `delete from tiles where ${ofTenant} and start >= 20`,
    `update trees set size = 20, frontier = decode('${frontierAtTwenty}', 'hex') where ${ofTenant}`,
  )
  const report = await verified(tenantId, checkpoints)
  expect(report.verdict).toBe('tampered')
  expect(report.problems[0]).toMatchObject({ kind: 'cut off', entries: { from: 20, to: 40 } })
})

test('who rewrites the past with every hash made anew is found out, by the signature that there is', async () => {
  const { tenantId, checkpoints } = await world()
  const forged = crypto.randomUUID()
  await grow(forged, 40)
  const ofTenant = `tenant_id = '${tenantId}'`
  await unguarded(
    `delete from tiles where ${ofTenant}`,
    `insert into tiles select '${tenantId}', level, index, start, hashes from tiles where tenant_id = '${forged}'`,
  )
  const report = await verified(tenantId, checkpoints)
  expect(report.verdict).toBe('tampered')
  expect(report.agreeing).toEqual([])
})

async function unguarded(...statements: string[]) {
  await asSuperuser('set session_replication_role = replica', ...statements)
}
