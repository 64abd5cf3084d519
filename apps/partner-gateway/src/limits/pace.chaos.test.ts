import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { createLogger } from '@gatehouse/http/logging'
import { createTestDatabase } from '@gatehouse/testing/database'
import { afterAll, expect, test } from 'vitest'
import { oauthClients } from '../tables.ts'
import { createLimits } from './limits.ts'

// Whole minutes of PostgreSQL's clock, with figures; not among the tests of every day: `pnpm chaos`.
const minutes = 4
const limits = [1, 2, 3, 5, 6, 10, 20, 60, 120, 370, 600]

const { db, url } = await createTestDatabase('partner-gateway')
const log = createLogger({ service: 'partner-gateway', level: 'silent' })
const stops: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(stops.map((stop) => stop())))

const replica = () => {
  const own = connect({ url, poolSize: 2, applicationName: 'replica' })
  const limits = createLimits({ db: own, log })
  const roundTrips = { n: 0 }
  own.onCommit(() => {
    roundTrips.n += 1
  })
  stops.push(limits.stop, own.close)
  return { limits, roundTrips }
}

const nextMinute = () => delay(60_000 - (Date.now() % 60_000))

/** Asks three replicas at random moments, each of them a third of it; gives what became of it in each minute after the first. */
async function load(limit: number, times: number) {
  const [id, tenantId] = [crypto.randomUUID(), crypto.randomUUID()]
  const client = {
    id,
    tenantId,
    name: 'Difference Ltd',
    scopes: [],
    rateLimitPerMinute: limit,
    allowedIps: [],
  }
  await inTenant(db, tenantId, (tx) => tx.insert(oauthClients).values({ ...client, clientId: id }))
  const replicas = [replica(), replica(), replica()]
  const sums = () => replicas.reduce((sum, { roundTrips }) => sum + roundTrips.n, 0)
  await nextMinute()
  const said: { asked: number; admitted: number; roundTrips: number }[] = []
  for (let n = 0; n < minutes; n++) {
    const before = sums()
    const asked = Math.round(limit * times)
    const moments = Array.from({ length: asked }, (_, each) => ({
      at: Math.random() * 58_000 + 500,
      to: each % 3,
    }))
    const begun = performance.now()
    const answers = moments.map(async ({ at, to }) => {
      await delay(at + begun - performance.now())
      return replicas[to]?.limits.take(client)
    })
    const admitted = (await Promise.all(answers)).filter((taken) => taken?.isAdmitted).length
    said.push({ asked, admitted, roundTrips: sums() - before })
    await nextMinute()
  }
  return said
}

const summed = (said: Awaited<ReturnType<typeof load>>) => ({
  asked: said.reduce((sum, { asked }) => sum + asked, 0),
  admitted: said.reduce((sum, { admitted }) => sum + admitted, 0),
  roundTrips: said.reduce((sum, { roundTrips }) => sum + roundTrips, 0),
})

test('five times as many as each limit, and four fifths of it, asked of three replicas', {
  timeout: 600_000,
}, async () => {
  const rows = await Promise.all(
    limits.map(async (limit) => {
      const [beyond, within] = await Promise.all([load(limit, 5), load(limit, 0.8)])
      return {
        limit,
        cold: summed(beyond.slice(0, 1)),
        warm: summed(beyond.slice(1)),
        within: summed(within.slice(1)),
        beyond,
      }
    }),
  )
  for (const { limit, cold, warm, within } of rows)
    process.stdout.write(
      `| ${limit} | ${((100 * warm.admitted) / limit / (minutes - 1)).toFixed(1)} % | 1 in ${(warm.asked / warm.roundTrips).toFixed(1)} | 1 in ${(cold.asked / cold.roundTrips).toFixed(1)} | ${((100 * within.admitted) / within.asked).toFixed(1)} % |\n`,
    )
  for (const { limit, beyond, warm } of rows) {
    for (const { admitted } of beyond) expect(admitted).toBeLessThanOrEqual(limit)
    expect(warm.admitted).toBeGreaterThanOrEqual(0.99 * limit * (minutes - 1))
    // Under a smaller one a replica hears nothing for long enough to give back what it held, now and then.
    if (limit >= 20) expect(warm.asked / warm.roundTrips).toBeGreaterThanOrEqual(10)
  }
})
