import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from '@gatehouse/local/platform'
import type { Case } from '../case.ts'
import { addressOf, password, registerPeople, type SignedIn } from '../people.ts'

const logouts = 50

/** A route of each service that the token of a tenant's administrator opens. */
const routes = {
  auth: '/api/users/me/sessions',
  directory: '/api/users/me',
  audit: '/api/audit-logs',
  'partner-gateway': '/api/partner/clients',
} as const

/** From the moment at which a logout is asked for until every service refuses the token; the slowest of a hundred. */
export const logout: Case = {
  id: 'P10',
  title: 'logout until every service refuses the access token, the slowest of a hundred',
  unit: 'ms',
  goal: { atMost: 250 },
  async prepare(platform) {
    const people = await registerPeople(platform, logouts)
    return {
      async ours() {
        const durations: number[] = []
        for (const [n, { email }] of people.entries()) {
          const { accessToken } = await login(platform, email, addressOf(n))
          await Promise.all(everyService(platform, accessToken).map((ask) => expectStatus(ask, 200)))
          const since = performance.now()
          const refused = everyService(platform, accessToken).map(untilRefused)
          await post(platform, 'logout', {}, { authorization: `Bearer ${accessToken}` })
          await Promise.all(refused)
          durations.push(performance.now() - since)
        }
        return durations.sort((a, b) => a - b)[Math.ceil(durations.length * 0.99) - 1] ?? Number.NaN
      },
      dispose: async () => {},
    }
  },
}

type Ask = () => Promise<number>

const everyService = ({ services }: Platform, token: string): Ask[] =>
  Object.entries(routes).map(([service, route]) => async () => {
    const url = `${services[service as keyof typeof routes].url}${route}`
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    await response.arrayBuffer()
    return response.status
  })

async function expectStatus(ask: Ask, expected: number) {
  const status = await ask()
  if (status !== expected) throw new Error(`a service answered ${status} instead of ${expected}`)
}

async function untilRefused(ask: Ask) {
  while ((await ask()) !== 401) await delay(2)
}

const login = async (platform: Platform, email: string, from: string) =>
  (await (await post(platform, 'login', { email, password }, { 'x-forwarded-for': from })).json()) as SignedIn

async function post({ services }: Platform, path: string, body: object, headers: Record<string, string>) {
  const response = await fetch(`${services.auth.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response
}
