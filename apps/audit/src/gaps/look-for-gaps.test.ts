import { inPlatform } from '@gatehouse/db/tenant'
import { silent } from '@gatehouse/events/harness'
import { sql } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received, unknownEvent } from '../harness.ts'
import { lookForGaps } from './look-for-gaps.ts'
import * as repository from './repository.ts'

const { db, record, asSuperuser } = await harness()

/** A role's change, which came as number `version`. */
function change(tenantId: string, roleId: string, version: number) {
  const { envelope } = received('role.updated', tenantId, { name: 'auditor' })
  return unknownEvent({ ...envelope, subject: `role/${roleId}`, aggregateversion: version })
}

const look = (settled = 0) => lookForGaps(db, silent, { settled })
const known = async (roleId: string) =>
  (await inPlatform(db, (tx) => repository.oldest(tx, 1000)))
    .filter(({ resourceId }) => resourceId === roleId)
    .map(({ version }) => version)

test('a change that is missing is noticed by the one after it, and let go of when it comes after all', async () => {
  const [tenantId, roleId] = [uuidv7(), uuidv7()]
  await record(change(tenantId, roleId, 1), change(tenantId, roleId, 2), change(tenantId, roleId, 4))
  const before = await look()
  expect(await known(roleId)).toEqual([3])
  expect(before).toBeGreaterThan(0)
  expect(await look()).toBe(before)

  await record(change(tenantId, roleId, 3))
  expect(await look()).toBe(before - 1)
  expect(await known(roleId)).toEqual([])
})

test('the first change of a thing can be missing too, and a tenant’s can be in the log of another', async () => {
  const [roleId, other] = [uuidv7(), uuidv7()]
  await record(change(uuidv7(), roleId, 2))
  await record(change(uuidv7(), other, 1))
  await record(change(uuidv7(), other, 2))
  await look()
  expect(await known(roleId)).toEqual([1])
  expect(await known(other)).toEqual([])
})

test('out of order is no gap, nor what has been there for less than a minute', async () => {
  const [tenantId, roleId, late] = [uuidv7(), uuidv7(), uuidv7()]
  await record(change(tenantId, roleId, 3), change(tenantId, roleId, 1), change(tenantId, roleId, 2))
  await record(change(tenantId, late, 7))
  await look(60)
  expect(await known(late)).toEqual([])
  await look()
  expect(await known(roleId)).toEqual([])
  expect(await known(late)).toEqual([6])
})

test('where what was before is past its retention, or nobody counted, there is no gap', async () => {
  const [tenantId, roleId, uncounted] = [uuidv7(), uuidv7(), uuidv7()]
  await record(change(tenantId, uncounted, 1), change(tenantId, uncounted, 2))
  await asSuperuser(
    'set session_replication_role = replica',
    `update entries set aggregate_version = null where resource_id = '${uncounted}'`,
    `update trees set retained_from = 1 where tenant_id = '${tenantId}'`,
  )
  await record(change(tenantId, roleId, 9), change(tenantId, uncounted, 3))
  await look()
  expect([...(await known(roleId)), ...(await known(uncounted))]).toEqual([])
})

test('two that look at once read each entry once', async () => {
  const [tenantId, roleId] = [uuidv7(), uuidv7()]
  await record(...Array.from({ length: 30 }, (_, n) => change(tenantId, roleId, n + 1)))
  await Promise.all([look(), look()])
  const [row] = await inPlatform(db, (tx) =>
    tx.execute<{ position: number }>(sql`select position::int from followers where tenant_id = ${tenantId}`),
  )
  expect(row?.position).toBe(30)
  expect(await known(roleId)).toEqual([])
})
