import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, vi } from 'vitest'
import type { Platform } from '../platform.ts'

/**
 * Restarts every instance of every service, one after the other.
 * @returns how each ended, and how long it took until the next one was ready
 */
export async function restartEach({ services }: Pick<Platform, 'services'>) {
  const endings: { service: string; how: string; ms: number }[] = []
  for (const [service, { instances }] of Object.entries(services)) {
    for (const instance of instances) {
      const since = performance.now()
      endings.push({ service, how: await instance.restart(), ms: performance.now() - since })
    }
  }
  return endings
}

/**
 * Clients that keep their connections to the gateway open and ask every service, by reading and by writing, one request
 * after the other, until they are stopped.
 */
export async function startTraffic({ url }: Pick<Platform, 'url'>, clients: number) {
  const sender = createSender(url)
  let isStopped = false
  onTestFinished(() => {
    isStopped = true
    sender.close()
  })
  // What fails is written down, and the next round begins with what the last good one has left.
  const again = async (round: Round) => {
    while (!isStopped) await round().catch(() => undefined)
  }
  const rounds = [await signIn(sender.send)]
  while (rounds.length < clients) rounds.push(await administer(sender.send))
  const done = Promise.all(rounds.map(again))
  return {
    sent: sender.sent,
    /** Resolves when so many requests have been made in all. */
    reach: (count: number) =>
      vi.waitFor(() => expect(sender.sent()).toBeGreaterThanOrEqual(count), {
        timeout: 30 * 60_000,
        interval: 100,
      }),
    async stop() {
      isStopped = true
      await done
      return { sent: sender.sent(), failures: sender.failures }
    },
  }
}

interface Sent {
  /** Of the header `Authorization`. */
  readonly as?: string
  readonly body?: object
  readonly form?: Record<string, string>
}

/** What is read of the answers. */
interface Answered {
  readonly id?: string
  readonly accessToken?: string
  readonly refreshToken?: string
  readonly clientId?: string
  readonly clientSecret?: string
  readonly access_token?: string
}

type Send = (method: string, path: string, sent: Sent) => Promise<Answered>

type Round = () => Promise<void>

/** Sends requests and writes down which of them failed. It throws then. */
function createSender(url: string) {
  const agent = new Agent({ keepAlive: true })
  const failures: { readonly request: string; readonly answer: string; readonly at: string }[] = []
  let sent = 0
  const send: Send = async (method, path, { as, body, form }) => {
    sent += 1
    const outgoing = request(`${url}/api${path}`, { agent, method })
    if (as !== undefined) outgoing.setHeader('authorization', as)
    if (body !== undefined) outgoing.setHeader('content-type', 'application/json')
    if (form !== undefined) outgoing.setHeader('content-type', 'application/x-www-form-urlencoded')
    outgoing.end(body ? JSON.stringify(body) : form && new URLSearchParams(form).toString())
    try {
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      const content = await text(answer)
      if (Number(answer.statusCode) >= 300) throw new Error(`${answer.statusCode} ${content}`)
      return content === '' ? {} : JSON.parse(content)
    } catch (error) {
      failures.push({ request: `${method} ${path}`, answer: `${error}`, at: new Date().toISOString() })
      throw error
    }
  }
  return { send, failures, sent: () => sent, close: () => agent.destroy() }
}

async function register(send: Send) {
  const person = { email: `${crypto.randomUUID()}@people.example`, password: 'correct horse battery staple' }
  const body = { ...person, firstName: 'Ada', lastName: 'Lovelace', companyName: 'Engines', country: 'GB' }
  return { person, session: await send('POST', '/auth/register', { body }) }
}

const bearer = (token: string | undefined) => `Bearer ${token}`

/** One client alone signs in, and its partner too: passwords have a limit of their own, whoever comes too often waits. */
async function signIn(send: Send): Promise<Round> {
  const { person, session } = await register(send)
  const wanted = { name: 'Difference Ltd', scopes: ['users:read'], rateLimitPerMinute: 100_000 }
  const client = await send('POST', '/partner/clients', { as: bearer(session.accessToken), body: wanted })
  const credentials = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')
  return async () => {
    await send('POST', '/auth/login', { body: person })
    const grant = { as: `Basic ${credentials}`, form: { grant_type: 'client_credentials' } }
    const { access_token } = await send('POST', '/partner/oauth/token', grant)
    for (let n = 0; n < 10; n++) await send('GET', '/partner/v1/users', { as: bearer(access_token) })
  }
}

/** What a person does who administers a tenant. */
async function administer(send: Send): Promise<Round> {
  let { session } = await register(send)
  return async () => {
    const as = bearer(session.accessToken)
    const name = `r${crypto.randomUUID()}`
    const { id } = await send('POST', '/roles', { as, body: { name, displayName: name } })
    await send('PATCH', `/roles/${id}`, { as, body: { displayName: `${name} again` } })
    await send('DELETE', `/roles/${id}`, { as })
    for (const path of ['/users/me', '/users/me/sessions', '/users', '/audit-logs', '/partner/clients'])
      await send('GET', path, { as })
    session = await send('POST', '/auth/refresh', { body: { refreshToken: session.refreshToken } })
  }
}
