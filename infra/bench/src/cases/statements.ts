import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Platform, startPlatform } from '@gatehouse/local/platform'
import { startPostgres } from '@gatehouse/local/postgresql/server'
import type { Case } from '../case.ts'
import { password, registerPeople, type SignedIn } from '../people.ts'
import { type RoundTrip, startStatementProxy } from '../servers/statement-proxy.ts'
import { createClients } from './partner-token.ts'

const repetitions = 30

/** Who answers what people ask. */
const people: readonly string[] = ['auth', 'directory']

type Ask = (platform: Platform, who: SignedIn) => Promise<void>

const cases: readonly {
  readonly title: string
  readonly atMost: number
  readonly services?: readonly string[]
  readonly ask: () => Ask
}[] = [
  {
    title: 'GET /api/users/me',
    atMost: 1,
    ask:
      () =>
      async (platform, { accessToken }) => {
        await answer(platform.services.directory.url, '/api/users/me', { token: accessToken })
      },
  },
  {
    title: 'GET /api/users',
    atMost: 1,
    ask:
      () =>
      async (platform, { accessToken }) => {
        await answer(platform.services.directory.url, '/api/users', { token: accessToken })
      },
  },
  {
    title: 'GET /api/users?search=',
    atMost: 1,
    ask:
      () =>
      async (platform, { accessToken }) => {
        await answer(platform.services.directory.url, '/api/users?search=ada', { token: accessToken })
      },
  },
  {
    title: 'login',
    atMost: 3,
    ask:
      () =>
      async (platform, { email }) => {
        await answer(platform.services.auth.url, '/api/auth/login', { body: { email, password } })
      },
  },
  {
    title: 'refresh',
    atMost: 2,
    ask: () => {
      let refreshToken: string | undefined
      return async (platform, who) => {
        const body = { refreshToken: refreshToken ?? who.refreshToken }
        const { url } = platform.services.auth
        refreshToken = ((await answer(url, '/api/auth/refresh', { body })) as SignedIn).refreshToken
      }
    },
  },
  {
    title: 'partner token',
    atMost: 1,
    services: ['partner-gateway', 'directory'],
    ask: () => {
      let body: Promise<object> | undefined
      return async (platform) => {
        body ??= credentialsOf(platform)
        const { url } = platform.services['partner-gateway']
        await answer(url, '/api/partner/oauth/token', { body: await body })
      }
    },
  },
]

async function credentialsOf(platform: Platform) {
  const [client] = await createClients(platform, 1)
  return {
    grant_type: 'client_credentials',
    client_id: client?.clientId,
    client_secret: client?.clientSecret,
  }
}

/** How many round trips to the database a request waits for, one after the other, in all services together. */
export const statements: readonly Case[] = cases.map(({ title, atMost, services = people, ask }) => ({
  id: 'P14',
  title: `${title}: round trips to PostgreSQL that are waited for one after the other, commits among them`,
  unit: 'round trips',
  goal: { atMost },
  prepare: () => prepare(ask(), services),
}))

async function prepare(ask: Ask, services: readonly string[]) {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), durable: false })
  started.defer(() => postgres.stop())
  const proxy = await startStatementProxy(postgres.url)
  started.defer(proxy.stop)
  const platform = await startPlatform({ folder, databaseUrl: proxy.url })
  started.defer(platform.stop)
  const [who] = await registerPeople(platform, 1)
  if (!who) throw new Error('nobody was registered')
  const everything = started.move()
  return {
    async ours() {
      const counts: number[] = []
      for (let n = 0; n < repetitions; n++) {
        // What the request before has left to do in the background is not this one's.
        await delay(50)
        proxy.take()
        await ask(platform, who)
        counts.push(longestChain(proxy.take().filter(isWaitedForIn(services))))
      }
      // Something that a service does by itself can only add to it.
      return Math.min(...counts)
    },
    dispose: () => everything.disposeAsync(),
  }
}

/** Not what the services do by themselves: the relay, the mailer, and what is tidied up after an answer. */
const isWaitedForIn =
  (services: readonly string[]) =>
  ({ application, statements }: RoundTrip) =>
    services.includes(application) && !statements.some((statement) => own.test(statement))

const own =
  /advisory|from "(outbox|mails|registrations)"|update "(outbox|mails)"|with theirs|delete from|"last_used_at" = now|updated_at" >/

/** How many of them can't have been under way at the same time: each began when the one before had ended. */
function longestChain(roundTrips: readonly RoundTrip[]) {
  let count = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, until } of roundTrips.toSorted((a, b) => a.until - b.until)) {
    if (from < end) continue
    count += 1
    end = until
  }
  return count
}

async function answer(url: string, path: string, { token, body }: { token?: string; body?: object }) {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}
