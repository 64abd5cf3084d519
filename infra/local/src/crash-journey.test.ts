import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Platform, startPlatform } from './platform.ts'

let folder: string
let platform: Platform

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'))
  platform = await startPlatform({ folder, durable: false })
})

afterAll(async () => {
  await platform?.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

async function post(path: string, body: object, token?: string) {
  const response = await fetch(`${platform.url}/api/auth/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : undefined }
}

const signIn = async (): Promise<Tokens> => {
  const person = { email: `${crypto.randomUUID()}@people.example`, password: 'correct horse battery staple' }
  const { status, json } = await post('register', { ...person, firstName: 'Ada', lastName: 'Lovelace' })
  expect(status).toBe(201)
  return json
}
const refresh = (refreshToken: string) => post('refresh', { refreshToken })

/** A route of each service that any token of an administrator opens. */
const routes = {
  auth: '/api/users/me/sessions',
  directory: '/api/users/me',
  audit: '/api/audit-logs',
  'partner-gateway': '/api/partner/clients',
} as const

const answers = async ({ accessToken }: Tokens) =>
  Promise.all(
    Object.entries(routes).map(async ([service, route]) => {
      const { url } = platform.services[service as keyof typeof routes]
      const response = await fetch(`${url}${route}`, { headers: { authorization: `Bearer ${accessToken}` } })
      return response.status
    }),
  )
const everywhere = (status: number) => Object.keys(routes).map(() => status)

/** Kills every process at once, as a power cut would, and waits until all of them are back. */
async function crash() {
  const pids = Object.values(platform.services).map(({ pid }) => pid)
  for (const service of Object.values(platform.services)) service.kill()
  await Promise.all([platform.nats?.kill(), platform.postgres?.stop(0)])
  await vi.waitFor(
    async () => {
      for (const service of Object.values(platform.services)) {
        expect(pids).not.toContain(service.pid)
        expect((await fetch(`${service.url}/ready`)).status).toBe(200)
      }
    },
    { timeout: 30_000, interval: 100 },
  )
}

test('what was revoked before every process was killed is refused everywhere when they are back, and nothing else', async () => {
  const [lives, loggedOut, robbed, cutOff] = [await signIn(), await signIn(), await signIn(), await signIn()]

  expect((await post('logout', {}, loggedOut.accessToken)).status).toBe(204)
  const successor = (await refresh(robbed.refreshToken)).json
  const last = (await refresh(successor.refreshToken)).json
  expect((await refresh(robbed.refreshToken)).status).toBe(401)
  await vi.waitFor(async () => expect(await answers(last)).toEqual(everywhere(401)), { timeout: 5000 })
  // Told to the database, and to nobody else before the end.
  await platform.nats?.kill()
  expect((await post('logout', {}, cutOff.accessToken)).status).toBe(204)
  await crash()

  for (const refused of [loggedOut, robbed, last]) expect(await answers(refused)).toEqual(everywhere(401))
  await vi.waitFor(async () => expect(await answers(cutOff)).toEqual(everywhere(401)), { timeout: 5000 })
  for (const { refreshToken } of [loggedOut, robbed, last, cutOff])
    expect((await refresh(refreshToken)).status).toBe(401)

  expect(await answers(lives)).toEqual(everywhere(200))
  expect((await refresh(lives.refreshToken)).status).toBe(200)
}, 90_000)

test('a spent refresh token is known as one after every process was killed, and ends its session', async () => {
  const robbed = await signIn()
  const successor = (await refresh(robbed.refreshToken)).json
  expect((await refresh(successor.refreshToken)).status).toBe(200)
  await crash()
  expect((await refresh(robbed.refreshToken)).status).toBe(401)
  await vi.waitFor(async () => expect(await answers(successor)).toEqual(everywhere(401)), { timeout: 5000 })
}, 90_000)
