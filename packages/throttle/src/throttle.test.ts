import { randomUUID } from 'node:crypto'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { attempts } from './attempts.ts'
import { createThrottle, type Limit, networkOf } from './throttle.ts'

const { db } = await createTestDatabase('auth')
const [throttle, replica] = [createThrottle(db), createThrottle(db)]

const limit = (max: number, key: string = randomUUID()): Limit => ({ key, max, windowSeconds: 900 })
const counts = async () => {
  const rows = await db.orm.execute<{ count: number }>(sql`select count from ${attempts} order by count`)
  return rows.map(({ count }) => count)
}

test('of any number of attempts at once on two replicas as many get through as the limit says', async () => {
  const limits = [limit(7)]
  const taken = await Promise.allSettled(
    Array.from({ length: 50 }, (_, n) => (n % 2 ? throttle : replica).take(limits)),
  )
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
  for (const refused of taken.filter((it) => it.status === 'rejected')) {
    expect(refused.reason).toMatchObject({ status: 429, code: 'request.rate_limited' })
    expect(Number(refused.reason.headers['retry-after'])).toBeGreaterThan(890)
  }
})

test('a limit that is used up leaves the wider ones behind it as they are', async () => {
  await db.orm.execute(sql`delete from ${attempts}`)
  const limits = [limit(2), limit(10), limit(10)]
  for (let n = 0; n < 5; n += 1) await throttle.tryTake(limits)
  expect(await counts()).toEqual([2, 2, 3])
  expect(await throttle.tryTake(limits)).toMatchObject({ limit: limits[0], isFirst: false })
})

test('the first attempt that a window refuses is told from those after it', async () => {
  const limits = [limit(1)]
  const said = [
    await throttle.tryTake(limits),
    await throttle.tryTake(limits),
    await throttle.tryTake(limits),
  ]
  expect(said.map((exhaustion) => exhaustion?.isFirst)).toEqual([undefined, true, false])
})

test('refusals are counted by what is limited, and never by whose attempts they are', async () => {
  const counting = createThrottle(db)
  for (const person of [randomUUID(), randomUUID()])
    for (let n = 0; n < 3; n += 1) await counting.tryTake([limit(1, `login:account:${person}`)])
  expect([...counting.refusals()]).toEqual([['login:account', 4]])
})

test('a flood of refused attempts writes nothing', async () => {
  const limits = [limit(1)]
  const place = () => db.orm.execute(sql`select ctid::text from ${attempts} order by key`)
  for (let n = 0; n < 2; n += 1) await throttle.tryTake(limits)
  const before = await place()
  for (let n = 0; n < 5; n += 1)
    expect((await throttle.tryTake(limits))?.retryAfterSeconds).toBeGreaterThan(890)
  expect(await place()).toEqual(before)
})

test('attempts that are given back count no more, and never below none', async () => {
  const limits = [limit(1), limit(1)]
  await throttle.take(limits)
  await expect(throttle.take(limits)).rejects.toMatchObject({ status: 429 })
  await throttle.giveBack(limits)
  await throttle.giveBack(limits)
  await throttle.giveBack(limits)
  await throttle.take(limits)
  await expect(replica.take(limits)).rejects.toMatchObject({ status: 429 })
})

test('those who take and those who give back at once never wait for each other in a circle', async () => {
  const limits = [limit(1e6), limit(1e6), limit(1e6)]
  const all = Array.from({ length: 200 }, (_, n) =>
    n % 2 ? throttle.take(limits) : replica.giveBack(limits),
  )
  await Promise.all(all)
})

test('a window begins anew when it is over', async () => {
  const limits = [limit(1)]
  await throttle.take(limits)
  await db.orm.execute(sql`update ${attempts} set resets_at = now() - interval '1 second'`)
  await throttle.take(limits)
  await expect(throttle.take(limits)).rejects.toMatchObject({ status: 429 })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::ffff:1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('the attempts of a client at %s are counted by %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
