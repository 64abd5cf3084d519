import { connect } from '@gatehouse/db/connect'
import autocannon from 'autocannon'
import { sql } from 'drizzle-orm'
import type { Case } from '../case.ts'
import { partnerTokens } from '../partners.ts'

const limit = 3_000
const times = 5
const replicas = 3
const connections = 16

/** How many are admitted of five times as many as the limit allows, asked of three processes within one minute. */
export const clientLimit: Case = {
  id: 'limit',
  title: `a client's limit: ${limit * times} asked of ${replicas} replicas in one minute, admitted beside the limit of ${limit}`,
  unit: 'requests',
  goal: { ratioAtLeast: 0.99 },
  async prepare(platform) {
    const gateway = platform.services['partner-gateway']
    const others = await Promise.all([gateway.replica(), gateway.replica()])
    const urls = [gateway.url, ...others.map(({ url }) => url)]
    const { orm, close } = connect({ url: platform.databaseUrl, poolSize: 1, applicationName: 'bench' })
    const minute = async () => {
      const [row] = await orm.execute<{ n: number }>(sql`select extract(minute from clock_timestamp()) as n`)
      return row?.n
    }
    const ours = async (): Promise<number> => {
      const [headers = {}] = await partnerTokens(platform, { count: 1, rateLimitPerMinute: limit })
      const before = await minute()
      const amount = (limit * times) / replicas
      const results = await Promise.all(
        urls.map((url) => autocannon({ url: `${url}/internal/authorize`, headers, amount, connections })),
      )
      // A minute that ended meanwhile has let in its own.
      if ((await minute()) !== before) return ours()
      const admitted = results.reduce((sum, each) => sum + each['2xx'], 0)
      if (admitted > limit) throw new Error(`${admitted} were admitted, of ${limit}`)
      return admitted
    }
    return {
      ours,
      reference: async () => limit,
      dispose: async () => void (await Promise.all([...others.map(({ stop }) => stop()), close()])),
    }
  },
}
