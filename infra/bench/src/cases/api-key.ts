import { createHash, randomBytes } from 'node:crypto'
import { formatApiKey } from '@gatehouse/contracts/api-key-format'
import { tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import { connect } from '@gatehouse/db/connect'
import type { Platform } from '@gatehouse/local/platform'
import { createTestIssuer } from '@gatehouse/testing/tokens'
import { sql } from 'drizzle-orm'
import type { Case } from '../case.ts'
import { load } from '../load.ts'
import { registerPeople } from '../people.ts'
import { startProtectedServer } from '../protected-server.ts'

const keys = 500
const connections = 32
const seconds = 5

/** The same answer from memory, asked for with API keys that have been exchanged, and with access tokens. */
export const apiKeyRoute: Case = {
  id: 'API-key',
  title: 'protected route from memory, 500 API keys, beside the same with access tokens',
  unit: 'requests per CPU second',
  goal: { ratioAtLeast: 0.9 },
  async prepare() {
    const issuer = await createTestIssuer()
    const bearers = await Promise.all(
      Array.from({ length: keys }, () => issuer.as({ kind: 'api_key', permissions: ['users:read'] })),
    )
    const tokens = bearers.map(({ authorization }) => authorization.replace('Bearer ', ''))
    const tokenOfKey = Object.fromEntries(
      tokens.map((token) => [formatApiKey(crypto.randomUUID(), randomBytes(32)), token]),
    )
    const server = await startProtectedServer({ ...issuer, tokenOfKey })
    const round = (headers: readonly Record<string, string>[]) => async () => {
      const before = await server.cpuSeconds()
      const answered = await load({ url: `${server.url}/protected`, headers, seconds, connections })
      return answered / ((await server.cpuSeconds()) - before)
    }
    return {
      ours: round(Object.keys(tokenOfKey).map((key) => ({ 'x-api-key': key }))),
      reference: round(bearers),
      dispose: server.stop,
    }
  },
}

/**
 * What a service waits for that sees a key for the first time: auth reads it from PostgreSQL, asks the directory about
 * its owner, writes an event and signs. Beside the directory's part of it alone.
 */
export const apiKeyExchange: Case = {
  id: 'API-key',
  title: 'exchange of an API key that nobody remembers, beside asking the directory alone',
  unit: 'requests/s',
  goal: { ratioAtLeast: 0.2 },
  async prepare(platform) {
    const { user, key } = await ownerOfKey(platform)
    const token = await serviceTokenOf(platform)
    const round = (url: string, body: object) => () => {
      const headers = [{ authorization: `Bearer ${token}`, 'content-type': 'application/json' }]
      return load({ url, headers, seconds, connections: 16, body: JSON.stringify(body) }).then(
        (answered) => answered / seconds,
      )
    }
    const exchange = {
      grant_type: tokenExchangeGrant,
      subject_token: key,
      subject_token_type: tokenTypes.apiKey,
      audience: 'directory',
    }
    return {
      ours: round(`${platform.services.auth.url}/api/v1/auth/token`, exchange),
      reference: round(`${platform.services.directory.url}/api/internal/principals/resolve`, {
        principals: [{ userId: user.id, tenantId: user.tenantId }],
      }),
      dispose: async () => {},
    }
  },
}

async function post<T>(url: string, body: object, headers = {}): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json() as Promise<T>
}

async function ownerOfKey(platform: Platform) {
  const [owner] = await registerPeople(platform, 1)
  if (!owner) throw new Error('nobody registered')
  const { user, accessToken } = owner
  const authorization = `Bearer ${accessToken}`
  const asked = { name: 'bench', userId: user.id }
  const { key } = await post<{ key: string }>(`${platform.url}/api/api-keys`, asked, { authorization })
  return { user, key }
}

/** The token of a service account that is made for this. */
async function serviceTokenOf({ databaseUrl, services }: Platform) {
  const [serviceName, serviceSecret] = [`bench-${crypto.randomUUID()}`, randomBytes(32).toString('hex')]
  const url = Object.assign(new URL(databaseUrl), { pathname: '/gatehouse_auth' }).href
  const database = connect({ url, poolSize: 1, applicationName: 'bench' })
  const digest = createHash('sha256').update(serviceSecret).digest('hex')
  await database.orm.execute(sql`insert into service_accounts (name, permissions)
    values (${serviceName}, '{tokens:exchange,principals:read}')`)
  await database.orm.execute(sql`insert into service_secrets (digest, service_name)
    values (decode(${digest}, 'hex'), ${serviceName})`)
  await database.close()
  const { accessToken } = await post<{ accessToken: string }>(
    `${services.auth.url}/api/v1/auth/service-token`,
    {
      serviceName,
      serviceSecret,
    },
  )
  return accessToken
}
