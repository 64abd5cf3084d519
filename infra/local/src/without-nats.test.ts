import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'
import { startTraffic } from './rolling/harness.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-without-nats-'))
  platform = await startPlatform({ folder, durable: false, instances: 2 })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

const patience = { timeout: 30_000, interval: 100 }

const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
  const answer = await fetch(`${platform.url}/api${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBeLessThan(300)
  const text = await answer.text()
  return text === '' ? undefined : JSON.parse(text)
}

/** A partner's client of a tenant of its own, with a token. */
async function partner() {
  const person = { email: `${crypto.randomUUID()}@people.example`, password: 'correct horse battery staple' }
  const company = { firstName: 'Ada', lastName: 'Lovelace', companyName: 'Engines', country: 'GB' }
  const { accessToken } = await post('/auth/register', { ...person, ...company })
  const wanted = { name: 'Difference Ltd', scopes: ['users:read'] }
  const created = await post('/partner/clients', wanted, { authorization: `Bearer ${accessToken}` })
  const credentials = { client_id: created.clientId, client_secret: created.clientSecret }
  const issue = async (): Promise<string> =>
    (await post('/partner/oauth/token', { grant_type: 'client_credentials', ...credentials })).access_token
  const token = await issue()
  return { token, issue, revoke: () => post('/partner/oauth/revoke', { ...credentials, token }) }
}

const statusWith = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${platform.url}/api/partner/v1/users`, { headers })).status
}

const instances = () => Object.values(platform.services).flatMap(({ instances }) => instances)

/** What every instance says at this path. */
const saidAt = (path: string) =>
  Promise.all(
    instances().map(async ({ url }) => {
      const answer = await fetch(`${url}${path}`)
      return { status: answer.status, text: await answer.text() }
    }),
  )

const untilAllServeWithout = (...missing: string[]) =>
  vi.waitFor(async () => {
    const text = JSON.stringify({ status: 'ready', ...(missing.length > 0 && { without: missing }) })
    expect(await saidAt('/ready')).toEqual(instances().map(() => ({ status: 200, text })))
  }, patience)

test('F3: while NATS answers nobody every instance stays in its balancer and says what it lacks, nobody gets an error, and a token that was given up stays out', async () => {
  const [known, gone] = [await partner(), await partner()]
  for (const { token } of [known, gone]) expect(await statusWith(token)).toBe(200)
  await untilAllServeWithout()
  const { pid = 0 } = platform.nats ?? {}
  expect(pid).toBeGreaterThan(0)
  const traffic = await startTraffic(platform, 2)
  // Its connections stay open, and nothing comes.
  process.kill(pid, 'SIGSTOP')
  try {
    await gone.revoke()
    await untilAllServeWithout('nats', 'revocations')
    expect(await statusWith(gone.token)).toBe(401)
    for (const token of [known.token, await known.issue()]) expect(await statusWith(token)).toBe(200)
    await traffic.reach(traffic.sent() + 100)
    await vi.waitFor(async () => {
      for (const { text } of await saidAt('/metrics')) expect(text).toMatch(/^nats_connected(?:\{.*\})? 0$/m)
    }, patience)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await untilAllServeWithout()
  expect((await traffic.stop()).failures).toEqual([])
}, 120_000)
