import { randomBytes } from 'node:crypto'
import { idempotencyKeys } from '@gatehouse/db/idempotency'
import { purge } from '@gatehouse/db/purge'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { startPurge } from '@gatehouse/events/purging'
import { attempts } from '@gatehouse/throttle/attempts'
import { count, sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { dataMap } from './data-map.ts'
import { harness } from './harness.ts'
import { oneTimeTokens, refreshTokens, sessions, socialLogins } from './tables.ts'

const { db } = await harness()
const somebody = { userId: uuidv7(), tenantId: uuidv7() }
const sessionId = uuidv7()
const digest = () => randomBytes(32)
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)

const putSession = (tx: Tx, expiresAt: Date, id = uuidv7()) =>
  tx.insert(sessions).values({ id, ...somebody, expiresAt })

/** A row of each table that had its time so many hours ago; `kept` is too short a time for it to go. */
const rows = [
  { table: sessions, gone: 60 * 24 + 1, kept: 60 * 24 - 1, put: putSession },
  {
    table: refreshTokens,
    gone: 25,
    kept: 23,
    put: (tx: Tx, expiresAt: Date) =>
      tx
        .insert(refreshTokens)
        .values({ digest: digest(), tenantId: somebody.tenantId, sessionId, expiresAt }),
  },
  {
    table: oneTimeTokens,
    gone: 25,
    kept: 23,
    put: (tx: Tx, expiresAt: Date) =>
      tx
        .insert(oneTimeTokens)
        .values({ digest: digest(), ...somebody, purpose: 'login_code', email: 'a@b.example', expiresAt }),
  },
  {
    table: socialLogins,
    gone: 25,
    kept: 23,
    put: (tx: Tx, expiresAt: Date) =>
      tx.insert(socialLogins).values({
        stateDigest: digest(),
        browserDigest: digest(),
        provider: 'google',
        sealedSecrets: 'sealed',
        expiresAt,
      }),
  },
  {
    table: attempts,
    gone: 1,
    kept: -1,
    put: (tx: Tx, resetsAt: Date) => tx.insert(attempts).values({ key: digest(), count: 1, resetsAt }),
  },
  {
    table: idempotencyKeys,
    gone: 25,
    kept: 23,
    put: (tx: Tx, createdAt: Date) =>
      tx.insert(idempotencyKeys).values({ digest: digest(), bodyDigest: digest(), result: {}, createdAt }),
  },
] as const

const countOf = async (table: (typeof rows)[number]['table']) => {
  const [row] = await readInPlatform(db, (tx) => tx.select({ n: count() }).from(table))
  return row?.n
}

test('what has had its time is deleted, and nothing that may still count; two replicas share the work', async () => {
  await inPlatform(db, (tx) => putSession(tx, hoursAgo(-1), sessionId))
  for (const { put, gone, kept } of rows) {
    await inPlatform(db, (tx) => put(tx, hoursAgo(kept)))
    for (let n = 0; n < 5; n++) await inPlatform(db, (tx) => put(tx, hoursAgo(gone)))
  }
  await Promise.all([purge(db, dataMap), purge(db, dataMap)])
  expect(await Promise.all(rows.map(({ table }) => countOf(table)))).toEqual([2, 1, 1, 1, 1, 1])
})

test('more than fits into one batch is deleted in several', async () => {
  const before = (await countOf(attempts)) ?? 0
  await inPlatform(db, (tx) =>
    tx.execute(sql`insert into attempts (key, count, resets_at)
      select sha256(n::text::bytea), 1, now() - interval '1 hour' from generate_series(1, 2500) n`),
  )
  await purge(db, dataMap)
  expect(await countOf(attempts)).toBe(before)
})

test('it goes on by itself while the process lives, and stops when that does', async () => {
  const before = (await countOf(attempts)) ?? 0
  await inPlatform(db, (tx) => tx.insert(attempts).values({ key: digest(), count: 1, resetsAt: hoursAgo(1) }))
  const purging = startPurge({ db, dataMap, log: { info() {}, warn() {}, error() {} } })
  await expect.poll(() => countOf(attempts)).toBe(before)
  await purging.stop()
})
