import { connect } from '@gatehouse/db/connect'
import { inTenant, readInPlatform } from '@gatehouse/db/tenant'
import { createLogger } from '@gatehouse/http/logging'
import { createTestDatabase } from '@gatehouse/testing/database'
import { sql } from 'drizzle-orm'
import { fastify } from 'fastify'
import { afterAll, describe, expect, test } from 'vitest'
import { type Limited, limitClients, limitHeaders } from '../client-limits.ts'
import { oauthClients, quotaWindows } from '../tables.ts'
import { createLimits } from './limits.ts'

const { db, url } = await createTestDatabase('partner-gateway')
const log = createLogger({ service: 'partner-gateway', level: 'silent' })
const stops: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(stops.map((stop) => stop())))

const clientWith = async (rateLimitPerMinute: number): Promise<Limited> => {
  const [id, tenantId] = [crypto.randomUUID(), crypto.randomUUID()]
  const client = { id, tenantId, name: 'Difference Ltd', scopes: [], rateLimitPerMinute, allowedIps: [] }
  await inTenant(db, tenantId, (tx) => tx.insert(oauthClients).values({ ...client, clientId: id }))
  return { id, tenantId, rateLimitPerMinute }
}

/** One more process of the gateway, with a pool of its own. */
const replica = (options: Partial<Parameters<typeof createLimits>[0]> = {}) => {
  const own = connect({ url, poolSize: 2, applicationName: 'replica' })
  const leases = countLeases(own)
  const limits = createLimits({ db: own, log, ...options })
  stops.push(limits.stop, own.close)
  const app = fastify()
  let client: Limited | undefined
  app.register(async (app) => {
    await limitClients(app, limits, () => {
      if (!client) throw new Error('no client')
      return client
    })
    app.get('/', async () => 'ok')
  })
  const ask = (by: Limited) => {
    client = by
    return app.inject('/')
  }
  return { ask, limits, leases, close: own.close }
}

function countLeases(own: ReturnType<typeof connect>) {
  const count = { n: 0 }
  own.onCommit(() => {
    count.n += 1
  })
  return count
}

const minute = async () => {
  const [row] = await db.orm.execute<{ minute: string }>(
    sql`select extract(epoch from date_trunc('minute', clock_timestamp())) as minute`,
  )
  return row?.minute
}

/** Does it again if a minute of PostgreSQL's clock ended meanwhile: then it was about two of them. */
const withinOneMinute = async <T>(work: () => Promise<T>): Promise<T> => {
  const before = await minute()
  const result = await work().catch(async (error: unknown) => {
    if ((await minute()) === before) throw error
  })
  return result !== undefined && (await minute()) === before ? result : withinOneMinute(work)
}

test('three replicas under five times the limit admit exactly the limit, with a round trip for every ten requests at most', async () => {
  const { admitted, asked, roundTrips } = await withinOneMinute(async () => {
    const client = await clientWith(600)
    const replicas = [replica(), replica(), replica()]
    const askMany = async ({ ask }: (typeof replicas)[number]) => {
      const statuses: number[] = []
      for (let round = 0; round < 100; round++) {
        const answers = await Promise.all(Array.from({ length: 10 }, () => ask(client)))
        statuses.push(...answers.map(({ statusCode }) => statusCode))
      }
      return statuses
    }
    const statuses = (await Promise.all(replicas.map(askMany))).flat()
    return {
      asked: statuses.length,
      admitted: statuses.filter((status) => status === 200).length,
      roundTrips: replicas.reduce((sum, { leases }) => sum + leases.n, 0),
    }
  })
  expect({ asked, admitted }).toEqual({ asked: 3_000, admitted: 600 })
  expect(roundTrips).toBeLessThanOrEqual(asked / 10)
})

describe('three replicas under five times a limit, which they were under the minute before,', () => {
  const underFiveTimes = async (limit: number) => {
    let clock = 0
    const client = await clientWith(limit)
    const replicas = [1, 2, 3].map(() => replica({ uptime: () => clock }))
    const minutes: { admitted: number; roundTrips: number }[] = []
    for (let n = 0; n < 3; n++) {
      const before = replicas.reduce((sum, { leases }) => sum + leases.n, 0)
      let admitted = 0
      for (let each = 0; each < 5 * limit; each++) {
        const taken = await replicas[each % 3]?.limits.take(client)
        admitted += Number(taken?.isAdmitted)
      }
      minutes.push({ admitted, roundTrips: replicas.reduce((sum, { leases }) => sum + leases.n, -before) })
      clock += 60_000
      await inTenant(db, client.tenantId, (tx) =>
        tx.update(quotaWindows).set({ windowStart: sql`window_start - interval '1 minute'` }),
      )
    }
    return minutes.slice(1)
  }

  test.each([6, 10, 20, 60, 120, 370, 600])(
    'admit all %i, with a round trip for every ten requests',
    async (limit) => {
      const minutes = await withinOneMinute(() => underFiveTimes(limit))
      for (const { admitted, roundTrips } of minutes) {
        expect(admitted).toBe(limit)
        expect(roundTrips).toBeLessThanOrEqual((5 * limit) / 10)
      }
    },
  )

  // Each replica has to hear once a minute how things stand, and fewer than thirty requests are not ten for each.
  test.each([1, 2, 3, 5])(
    'admit all %i, with one round trip each, than which there can be no fewer',
    async (limit) => {
      const minutes = await withinOneMinute(() => underFiveTimes(limit))
      for (const minute of minutes) expect(minute).toEqual({ admitted: limit, roundTrips: 3 })
    },
  )
})

test('who is admitted hears what is left, and who is refused when to come back', async () => {
  const [first, second, counted] = await withinOneMinute(async () => {
    const { ask, limits } = replica()
    const client = await clientWith(1)
    return [await ask(client), await ask(client), limitHeaders(await limits.take(client))] as const
  })
  expect(first.statusCode).toBe(200)
  expect(first.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' })
  expect(second.statusCode).toBe(429)
  const reset = Number(second.headers['ratelimit-reset'])
  expect(reset).toBeGreaterThan(0)
  expect(reset).toBeLessThanOrEqual(60)
  expect(second.headers).toMatchObject({ 'ratelimit-remaining': '0', 'retry-after': `${reset}` })
  expect(Object.keys(counted).filter((name) => second.headers[name] === undefined)).toEqual([])
})

test('a client that is not there any more is refused', async () => {
  const nobody = { id: crypto.randomUUID(), tenantId: crypto.randomUUID(), rateLimitPerMinute: 5 }
  expect((await replica().limits.take(nobody)).isAdmitted).toBe(false)
})

test('a restart forgets no count: what a process held counts, until it gives it back at its end', async () => {
  const [killed, rest, afterStop] = await withinOneMinute(async () => {
    const client = await clientWith(80)
    const one = replica()
    expect((await one.limits.take(client)).isAdmitted).toBe(true)
    const two = replica()
    const rest = await exhaust(two.limits, client)
    await one.limits.stop()
    return [80 - 10, rest, await exhaust(replica().limits, client)]
  })
  expect(rest).toBe(killed)
  expect(afterStop).toBe(9)
})

test('a share that nobody uses is given back to the others, within the same minute', async () => {
  const rest = await withinOneMinute(async () => {
    const client = await clientWith(80)
    await replica({ tidyEveryMs: 10, idleMs: 10 }).limits.take(client)
    await expect.poll(() => taken(client)).toBe(1)
    return exhaust(replica().limits, client)
  })
  expect(rest).toBe(79)
})

test('no share is used past its minute, and the next minute begins whole', async () => {
  let clock = 0
  const { limits } = replica({ uptime: () => clock })
  const client = await clientWith(2)
  await exhaust(limits, client)
  clock += 60_000
  await inTenant(db, client.tenantId, (tx) =>
    tx.update(quotaWindows).set({ windowStart: sql`window_start - interval '1 minute'` }),
  )
  expect(await exhaust(limits, client)).toBe(2)
})

test('a clock of PostgreSQL that is set back opens no minute twice', async () => {
  const client = await clientWith(2)
  await exhaust(replica().limits, client)
  await inTenant(db, client.tenantId, (tx) =>
    tx.update(quotaWindows).set({ windowStart: sql`window_start + interval '5 minutes'` }),
  )
  expect(await exhaust(replica().limits, client)).toBe(0)
})

test('with PostgreSQL away, calls within the share go on, and then come 503s: no share is invented', async () => {
  const { ask, close } = replica()
  const client = await clientWith(80)
  expect((await ask(client)).statusCode).toBe(200)
  await close()
  const statuses = []
  for (let n = 0; n < 12; n++) statuses.push((await ask(client)).statusCode)
  expect(statuses).toEqual([...Array.from({ length: 9 }, () => 200), 503, 503, 503])
})

/** Asks until it is refused, and says how often it was not. */
async function exhaust(limits: ReturnType<typeof createLimits>, client: Limited) {
  let admitted = 0
  while ((await limits.take(client)).isAdmitted) admitted += 1
  return admitted
}

const taken = async ({ id }: Limited) => {
  const rows = await readInPlatform(db, (tx) => tx.select().from(quotaWindows))
  return rows.find(({ clientId }) => clientId === id)?.taken
}
