import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Platform } from '@gatehouse/local/platform'
import { nodeOptions } from '@gatehouse/local/services/services'
import type { Case } from '../case.ts'
import { load } from '../load.ts'
import { registerPeople } from '../people.ts'
import type { ProviderStart } from '../servers/oidc-provider.ts'

/** So many that none reaches its limit, which is 100,000 a minute at most. */
const clientCount = 32
const connections = 64
const seconds = 5

const body = 'grant_type=client_credentials&scope=users%3Aread'

/** A token with its durable event, the limit of its client and whatever follows from both, beside one from memory alone. */
export const partnerToken: Case = {
  id: 'P6',
  title: `partner token, ${clientCount} clients, ${connections} at once, beside oidc-provider in memory`,
  unit: 'tokens/s',
  goal: { ratioAtLeast: 1.5 },
  async prepare(platform) {
    const clients = await createClients(platform, clientCount)
    const provider = await startProvider({ clients })
    const headers = clients.map(({ clientId, clientSecret }) => ({
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    }))
    const round = (url: string) => async () => {
      const granted = await load({ url, headers, body, seconds, connections })
      return granted / seconds
    }
    return {
      ours: round(`${platform.services['partner-gateway'].url}/api/partner/oauth/token`),
      reference: round(`${provider.url}/token`),
      dispose: provider.stop,
    }
  },
}

/** Clients of one tenant, with their secrets. */
export async function createClients(platform: Platform, count: number) {
  const [person] = await registerPeople(platform, 1)
  const clients: ProviderStart['clients'][number][] = []
  for (let n = 0; n < count; n++) {
    const answer = await fetch(`${platform.services['partner-gateway'].url}/api/partner/clients`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person?.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name: `bench ${n}`,
        scopes: ['users:read', 'roles:read'],
        rateLimitPerMinute: 100_000,
      }),
    })
    if (answer.status !== 201) throw new Error(`creating a client answered ${answer.status}`)
    clients.push((await answer.json()) as (typeof clients)[number])
  }
  return clients
}

async function startProvider(start: ProviderStart) {
  const child = fork(join(import.meta.dirname, '../servers/oidc-provider.ts'), {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send(start)
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}
