import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { connectToNotes, insertNote, note, notes, run, tenantA, tenantB } from './harness.ts'
import { idempotencyKeys, once, type RepeatableRequest } from './idempotency.ts'
import { inTenant, readInTenant } from './tenant.ts'

const bodyKey = randomBytes(32)

const request = (some: Partial<RepeatableRequest> = {}): RepeatableRequest => ({
  key: 'key-1',
  tenantId: tenantA,
  actorId: 'ada',
  method: 'POST',
  path: '/api/notes',
  body: { text: 'x', password: 'hunter2' },
  bodyKey,
  reused: () => new Error('reused'),
  ...some,
})

async function setUp() {
  const database = await connectToNotes({ poolSize: 8 })
  for (const file of ['idempotency.sql', 'idempotency-actors.sql'])
    await run(database.ownerUrl, await readFile(join(import.meta.dirname, '..', file), 'utf8'))
  const { db } = database
  const add = (asked: RepeatableRequest) =>
    inTenant(db, tenantA, (tx) =>
      once(tx, asked, async () => {
        const added = note(tenantA)
        await tx.insert(notes).values(added)
        return { id: added.id }
      }),
    )
  const count = () => readInTenant(db, tenantA, (tx) => tx.$count(notes))
  return { db, add, count }
}

test('fifty at once with one key have one effect, and all get the same answer', async () => {
  const { add, count } = await setUp()
  const answers = await Promise.all(Array.from({ length: 50 }, () => add(request())))
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  expect(await add(request())).toEqual(answers[0])
  expect(await count()).toBe(1)
})

test('without a key every request has its own effect', async () => {
  const { add, count } = await setUp()
  await Promise.all([add(request({ key: undefined })), add(request({ key: undefined }))])
  expect(await count()).toBe(2)
})

test('a key that comes with another body is refused, and nothing is done', async () => {
  const { add, count } = await setUp()
  await add(request())
  for (const body of [{ text: 'y', password: 'hunter2' }, {}, undefined, null]) {
    await expect(add(request({ body }))).rejects.toThrow('reused')
  }
  expect(await count()).toBe(1)
})

test.each([
  { tenantId: tenantB },
  { actorId: 'eve' },
  { method: 'PATCH' },
  { path: '/api/other' },
  { key: 'key-2' },
])('the same request with %j is another one', async (other) => {
  const { add, count } = await setUp()
  await add(request())
  await add(request(other))
  expect(await count()).toBe(2)
})

test('what failed is not remembered: the next one with the same key does it', async () => {
  const { db, add, count } = await setUp()
  const failing = inTenant(db, tenantA, (tx) =>
    once(tx, request(), async () => {
      await insertNote(tenantA)(tx)
      throw new Error('on second thoughts')
    }),
  )
  await expect(failing).rejects.toThrow('on second thoughts')
  await add(request())
  expect(await count()).toBe(1)
})

test('a key is remembered for 24 hours, and what is older is cleared away by what comes', async () => {
  const { db, add, count } = await setUp()
  for (let n = 0; n < 5; n++) await add(request({ key: `old-${n}` }))
  await add(request())
  await db.orm.execute(sql`update idempotency_keys set created_at = now() - interval '23 h 59 min'`)
  await add(request())
  expect(await count()).toBe(6)
  await db.orm.execute(sql`update idempotency_keys set created_at = now() - interval '24 h 1 min'`)
  await add(request())
  expect(await count()).toBe(7)
  expect(await db.orm.$count(idempotencyKeys)).toBe(1)
})

test('of the key and the body only digests are stored, and nobody can try passwords against the one of the body', async () => {
  const { db, add } = await setUp()
  await add(request({ key: 'my-own-key' }))
  await add(request({ key: 'my-own-key', actorId: 'eve', bodyKey: randomBytes(32) }))
  const rows = await db.orm.select().from(idempotencyKeys)
  expect(JSON.stringify(rows.map((row) => ({ ...row, digest: `${row.digest}` })))).not.toMatch(
    /my-own-key|hunter2/,
  )
  expect(rows[0]?.bodyDigest.equals(rows[1]?.bodyDigest ?? Buffer.of())).toBe(false)
})
