import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { inPlatform } from '@gatehouse/db/tenant'
import { password } from '@gatehouse/events/harness'
import { createSeal } from '@gatehouse/keys/seal'
import { commandOf } from '@gatehouse/testing/command'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { received } from './harness.ts'
import { createCheckpointKeys } from './ledger/checkpoint-keys.ts'
import { signingHarness } from './ledger/harness.ts'
import { signTrees } from './ledger/sign-trees.ts'
import { createRecording } from './recording/create-recording.ts'
import { recordEvents } from './recording/record-events.ts'
import { createSubjectKeys } from './subject-keys.ts'

const gatehouse = commandOf(join(import.meta.dirname, 'commands.ts'))
const { db, url, nats, replica, asSuperuser } = await signingHarness()
const keyEncryptionKey = randomBytes(32)
const settings = {
  DATABASE_URL: url,
  KEY_ENCRYPTION_KEY: keyEncryptionKey.toString('base64'),
  ISSUER: 'https://id.example.com',
  NATS_URL: nats.url,
  NATS_USER: 'audit',
  NATS_PASSWORD: password,
}
const seal = createSeal(keyEncryptionKey)
const keys = createCheckpointKeys({ db, seal, name: 'id.example.com/audit' })
const recording = createRecording({ db, seal, keys: createSubjectKeys(seal) })

async function grow(tenantId: string, count: number) {
  const tenant = { name: 'Analytical Engines', type: 'customer', country: null } as const
  const events = Array.from({ length: count }, () => received('tenant.created', tenantId, tenant))
  await recordEvents(recording, events)
}

test('dead letters are listed with their reasons', async () => {
  expect((await gatehouse('dead-letters list --json', settings)).json()).toEqual({ waiting: [] })
  const letter = {
    id: 'x',
    subject: 'identity.auth.session.started',
    body: Buffer.from('{'),
    reason: 'not JSON',
  }
  await inPlatform(db, (tx) => recording.deadLetters.layAside(tx, [letter]))
  const list = await gatehouse('dead-letters list', settings)
  expect(list).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^x \S+ identity\S+: not JSON\n1 waits;/),
  })
})

test('dead letters are replayed as far as this version can', async () => {
  const { code, json } = await gatehouse('dead-letters replay --json', settings)
  expect(code).toBe(3)
  expect(json()).toEqual({ recorded: [], refused: [{ id: 'x', reason: expect.any(String) }] })
})

test('ledgers that are whole are told from one that somebody changed, and from one that was restored from an older copy', async () => {
  const [whole, changed, restored] = [uuidv7(), uuidv7(), uuidv7()]
  for (const tenant of [whole, changed, restored]) await grow(tenant, 3)
  await signTrees(replica(keys))
  const verified = await gatehouse('ledger verify --json', settings)
  expect(verified).toMatchObject({ code: 0, stderr: expect.stringContaining('ledger 3 of 3') })
  expect(verified.json().reports.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
    'good',
    'good',
    'good',
  ])

  await grow(restored, 2)
  await signTrees(replica(keys))
  await asSuperuser(
    'set session_replication_role = replica',
    `update entries set action = 'tenant.deleted' where tenant_id = '${changed}' and leaf_index = 1`,
    `delete from entries where tenant_id = '${restored}' and leaf_index >= 3`,
    `delete from checkpoints where tenant_id = '${restored}' and size > 3`,
  )
  const { code, json } = await gatehouse('ledger verify --json', settings)
  expect(code).toBe(3)
  const found = Object.fromEntries(
    json().reports.map(({ tenantId, problems }: { tenantId: string; problems: object[] }) => [
      tenantId,
      problems,
    ]),
  )
  expect(found).toMatchObject({
    [whole]: [],
    [changed]: [{ kind: 'changed', entries: { from: 1, to: 2 } }],
    [restored]: [{ kind: 'cut off', entries: { from: 3, to: 5 } }],
  })
  const one = await gatehouse(`ledger verify ${whole}`, settings)
  expect(one).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('1 ledgers of 3 entries read, 1 of them'),
  })
})

test('F20: a ledger that a restored backup set back is begun again and signed on; one that somebody changed is left, and said to be', async () => {
  const [changed, forged, restored] = [uuidv7(), uuidv7(), uuidv7()]
  for (const tenant of [changed, restored]) await grow(tenant, 3)
  await signTrees(replica(keys))
  const tables = ['trees', 'tiles', 'checkpoints']
  await asSuperuser(
    ...tables.map((it) => `create table kept_${it} as select * from ${it} where tenant_id = '${restored}'`),
  )
  await grow(restored, 2)
  await signTrees(replica(keys))
  await grow(forged, 4)
  await asSuperuser(
    'set session_replication_role = replica',
    `delete from entries where tenant_id = '${restored}' and leaf_index >= 3`,
    ...tables.flatMap((it) => [
      `delete from ${it} where tenant_id = '${restored}'`,
      `insert into ${it} select * from kept_${it}`,
    ]),
    `delete from tiles where tenant_id = '${changed}'`,
    `insert into tiles select '${changed}', level, index, start, hashes from tiles where tenant_id = '${forged}'`,
    `update trees t set size = f.size, frontier = f.frontier from trees f
      where t.tenant_id = '${changed}' and f.tenant_id = '${forged}'`,
  )
  await grow(restored, 1)
  const { code, json } = await gatehouse('ledger begin-again --json', settings)
  expect(code).toBe(3)
  expect(json().begun).toContainEqual({ tenantId: restored, epoch: 2, agreesUpTo: 3, signedSize: 5 })
  expect(json().left).toContainEqual({ tenantId: changed, reason: expect.stringContaining('was changed') })
  await grow(restored, 1)
  const refused = await signTrees(replica(keys))
  expect([refused.has(restored), refused.has(changed)]).toEqual([false, true])
})

test('no ledger is begun again while NATS is away, which remembers what was signed', async () => {
  const away = { ...settings, NATS_URL: 'nats://127.0.0.1:1' }
  const { code, json } = await gatehouse('ledger begin-again --json', away)
  expect(code).toBe(4)
  expect(json().error.message).toContain('NATS does not answer')
})

test('another key signs checkpoints from now on, and is said for whoever verifies', async () => {
  const { code, json } = await gatehouse('rotate checkpoint-key --json', settings)
  expect(code).toBe(0)
  expect(json().key).toMatch(/^id\.example\.com\/audit\+[0-9a-f]{8}\+/)
  expect((await keys.load()).signers).toHaveLength(2)
})
