import type { Platform } from '@gatehouse/local/platform'
import type { Case } from '../case.ts'
import { forkServer } from '../forked-server.ts'
import { load } from '../load.ts'
import { partnerTokens } from '../partners.ts'

const connections = 32
const seconds = 5
const path = '/api/partner/v1/roles'

/**
 * All that the door checks and counts, beside a proxy that does nothing else than it does besides. Counted by the
 * processor time that the server takes, since neither what makes the load nor the upstream is what is measured.
 */
export const doorRate: Case = {
  id: 'P7',
  title: 'the partner API, all of it, beside bare @fastify/http-proxy to the same upstream',
  unit: 'requests per CPU second',
  goal: { ratioAtLeast: 0.85 },
  async prepare(platform) {
    const { door, proxy, headers, dispose } = await prepareDoor(platform)
    const round =
      ({ url, cpuSeconds }: Server) =>
      async () => {
        const before = await cpuSeconds()
        const answered = await load({ url: `${url}${path}`, headers, seconds, connections })
        return answered / ((await cpuSeconds()) - before)
      }
    return { ours: round(door), reference: round(proxy), dispose }
  },
}

interface Server {
  readonly url: string
  cpuSeconds(): Promise<number>
}

const inARow = 2_000

/** One request after the other, so that nothing waits for anything but its own answer. */
export const doorDelay: Case = {
  id: 'P7',
  title: 'what the partner API adds to the median of a request, over bare @fastify/http-proxy',
  unit: 'ms',
  goal: { atMost: 1 },
  async prepare(platform) {
    const { door, proxy, headers, dispose } = await prepareDoor(platform)
    const median = async ({ url }: Server) => {
      const times: number[] = []
      for (let n = 0; n < inARow; n++) {
        const from = performance.now()
        const answer = await fetch(`${url}${path}`, { headers: headers[n % headers.length] ?? {} })
        await answer.arrayBuffer()
        times.push(performance.now() - from)
      }
      return times.sort((a, b) => a - b)[inARow / 2] ?? Number.NaN
    }
    return { ours: async () => (await median(door)) - (await median(proxy)), dispose }
  },
}

/** The door, as one more process of the gateway, and a bare proxy, with the same upstream behind them. */
async function prepareDoor(platform: Platform) {
  const upstream = await forkServer('upstream')
  const proxy = await forkServer('bare-proxy', { upstream: upstream.url })
  const door = await platform.services['partner-gateway'].replica({ DIRECTORY_URL: upstream.url })
  // Each may make 1,666 requests a second at most.
  const headers = await partnerTokens(platform, { count: 20, rateLimitPerMinute: 100_000 })
  return {
    door: { url: door.url, cpuSeconds: () => cpuSecondsOf(door.url) },
    proxy,
    headers,
    dispose: async () => void (await Promise.all([upstream, proxy, door].map(({ stop }) => stop()))),
  }
}

async function cpuSecondsOf(url: string) {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total\{.*\} (.+)$/m.exec(metrics)?.[1])
}
