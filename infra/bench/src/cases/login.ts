import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Platform } from '@gatehouse/local/platform'
import { nodeOptions } from '@gatehouse/local/services/services'
import autocannon from 'autocannon'
import { request } from 'undici'
import type { Case } from '../case.ts'
import { addressOf, password, registerPeople, type SignedIn } from '../people.ts'
import type { Task } from '../servers/bcrypt.ts'

const seconds = 20
const cores = availableParallelism()
/** What the local platform hashes at. */
const cost = 10

/** Everything that a login does, beside the one thing that it can't do without. */
export const loginRate: Case = {
  id: 'P1',
  title: `logins, password right, beside bare bcrypt at cost ${cost} on all cores`,
  unit: 'logins/s',
  goal: { ratioAtLeast: 0.95 },
  async prepare(platform) {
    const people = await registerPeople(platform, 4 * cores)
    return {
      ours: async () => (await logIn(platform.services.auth.url, people, seconds)) / seconds,
      reference: async () => (await bareBcrypt()) / seconds,
      dispose: async () => {},
    }
  },
}

/** How many other requests are answered while logins take every core. */
export const besideLogins: Case = {
  id: 'P2',
  title: 'requests by API key while logins take every core, beside the same without',
  unit: 'requests/s',
  goal: { ratioAtLeast: 0.5 },
  prepare: async (platform) => withAndWithoutLogins(platform, ({ requests }) => requests.average),
}

/** How slow the slowest hundredth of them is; as its inverse, so that more is better. */
export const tailBesideLogins: Case = {
  id: 'P2',
  title: 'p99 of requests by API key while logins take every core, beside the same without, inverse',
  unit: '1/s',
  goal: { ratioAtLeast: 1 / 2.5 },
  prepare: async (platform) => withAndWithoutLogins(platform, ({ latency }) => 1000 / latency.p99),
}

async function withAndWithoutLogins(platform: Platform, figureOf: (result: autocannon.Result) => number) {
  const { auth, directory } = platform.services
  const people = await registerPeople(platform, 4 * cores)
  const [owner] = people
  if (!owner) throw new Error('nobody was registered')
  const key = await newApiKey(auth.url, owner)
  const measure = async () => {
    const headers = { authorization: `Bearer ${key}` }
    const url = `${directory.url}/api/users/${owner.user.id}`
    const result = await autocannon({ url, headers, duration: seconds, connections: 8 })
    const failed = result.non2xx + result.errors + result.timeouts
    if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${url} failed`)
    return figureOf(result)
  }
  return {
    async ours() {
      const [figure] = await Promise.all([measure(), logIn(auth.url, people, seconds)])
      return figure
    },
    reference: measure,
    dispose: async () => {},
  }
}

const pairs = 400
const accounts = 8

/**
 * Whether the time of a refusal tells a wrong password from somebody unknown. Allowed are medians 2 ms or 5 % apart,
 * and single samples of which 60 % are told right.
 */
export const sameTime: Case = {
  id: 'A1',
  title:
    'time of a refused login: somebody known beside somebody unknown, worst of median and single samples',
  unit: 'of what is allowed',
  goal: { atMost: 1 },
  async prepare(platform) {
    const { auth } = platform.services
    return {
      async ours() {
        const people = await registerPeople(platform, accounts)
        const known: number[] = []
        const unknown: number[] = []
        for (let n = 0; n < pairs; n += 1) {
          const { email = '' } = people[n % accounts] ?? {}
          known.push(await timeOfRefusal(auth.url, email))
          unknown.push(await timeOfRefusal(auth.url, newEmail()))
        }
        const difference = Math.abs(medianOf(known) - medianOf(unknown))
        const allowed = Math.max(2, 0.05 * medianOf(unknown))
        return Math.max(difference / allowed, toldApart(known, unknown) / 0.6)
      },
      dispose: async () => {},
    }
  },
}

const newEmail = () => `${crypto.randomUUID()}@people.example`

let lastRequest = 0
/**
 * From another address each time, as a trusted proxy would tell it: limits on one are not what is measured. Nor is what a
 * request costs here, so it isn't `fetch`, which costs several times as much.
 */
const post = async (url: string, body: object, headers: Record<string, string> = {}) => {
  lastRequest += 1
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': addressOf(lastRequest), ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.statusCode, text: await answer.body.text() }
}

async function newApiKey(authUrl: string, { accessToken, user }: SignedIn) {
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await post(`${authUrl}/api/api-keys`, { name: 'bench', userId: user.id }, headers)
  if (answer.status !== 201) throw new Error(`no API key: ${answer.text}`)
  const { key } = JSON.parse(answer.text) as { key: string }
  return key
}

/** Keeps two logins a core under way; each of the people logs in in turn. @returns how many did */
async function logIn(authUrl: string, people: readonly SignedIn[], seconds: number) {
  const end = performance.now() + seconds * 1000
  let done = 0
  const work = async (from: number) => {
    for (let n = from; performance.now() < end; n += 1) {
      const { email } = people[n % people.length] ?? {}
      const answer = await post(`${authUrl}/api/auth/login`, { email, password })
      if (answer.status !== 200) throw new Error(`a login failed: ${answer.text}`)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: 2 * cores }, (_, n) => work(n)))
  return done
}

/** In a process of its own, with a thread a core. */
async function bareBcrypt() {
  const child = fork(join(import.meta.dirname, '../servers/bcrypt.ts'), {
    execArgv: [...nodeOptions],
    env: { UV_THREADPOOL_SIZE: `${cores}` },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send({ seconds, cost } satisfies Task)
  const [checked] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return checked
}

async function timeOfRefusal(authUrl: string, email: string) {
  const since = performance.now()
  const answer = await post(`${authUrl}/api/auth/login`, { email, password: 'not the right one at all' })
  if (answer.status !== 401) throw new Error(`a wrong login was answered ${answer.status}`)
  return performance.now() - since
}

const medianOf = (figures: readonly number[]) => {
  const sorted = figures.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Of all pairs of a sample of each, the share that the better guess by their order gets right: ½ if they are alike. */
function toldApart(one: readonly number[], other: readonly number[]) {
  const above = one.reduce((sum, a) => sum + other.filter((b) => a > b).length, 0)
  const share = above / (one.length * other.length)
  return Math.max(share, 1 - share)
}
