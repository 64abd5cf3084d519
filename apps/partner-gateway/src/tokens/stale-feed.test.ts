import { partnerSessionOf } from '@gatehouse/contracts/principal'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { directoryUnavailable } from '../errors.ts'
import { harness } from './harness.ts'

const suspended = new Set<string>()
const state = { directoryIsDown: false }
const narrow = async () => ({ token: 'narrow', expiresInSeconds: 300 })
const partner = await harness({
  isFresh: () => false,
  isTenantActive: async (tenantId) => {
    if (state.directoryIsDown) throw directoryUnavailable({ headers: { 'retry-after': '1' } })
    return !suspended.has(tenantId)
  },
  narrow,
})
const { app, newClient, ask, post, inBody, claimsOf, as } = partner
afterAll(() => app.close())

beforeEach(() => {
  state.directoryIsDown = false
})

async function clientWithToken() {
  const client = await newClient()
  const { access_token: token } = (await ask(client)).json()
  return { client, token: token as string }
}
const authorize = async (token: string) =>
  app.inject({ url: '/internal/authorize', headers: { authorization: `Bearer ${token}` } })
const status = async (token: string) => (await authorize(token)).statusCode

type Client = Awaited<ReturnType<typeof newClient>>
const change = (method: 'POST' | 'DELETE', client: Client, path: string) =>
  app.inject({ method, url: `/api/partner/clients/${client.id}${path}`, headers: client.headers })

test.each<[string, (client: Client, token: string) => unknown]>([
  ['its client is revoked', (client) => change('POST', client, '/revoke')],
  ['its client is deleted', (client) => change('DELETE', client, '')],
  ['its tenant is suspended', ({ tenantId }) => suspended.add(tenantId)],
  ['it is given up', (client, token) => post('revoke', { token, ...inBody(client) })],
])(
  'while the revocation feed is stale, a token is let in by what the database has, until %s',
  async (_, end) => {
    const [{ client, token }, other] = [await clientWithToken(), await clientWithToken()]
    expect(await status(token)).toBe(204)
    await end(client, token)
    await expect.poll(() => status(token)).toBe(401)
    expect(await status(other.token)).toBe(204)
  },
)

test('while the revocation feed is stale, a secret that is removed takes its tokens with it, and no others', async () => {
  const { client, token } = await clientWithToken()
  const url = `/api/partner/clients/${client.id}/secrets`
  const added = await app.inject({ method: 'POST', url, headers: client.headers, payload: {} })
  const { access_token: other } = (await ask({ ...client, ...added.json() })).json()
  const reading = await as({ tenantId: client.tenantId, permissions: ['partner-clients:read'] })
  const { data } = (await app.inject({ url, headers: reading })).json()
  expect((await change('DELETE', client, `/secrets/${data[0].id}`)).statusCode).toBe(204)
  await expect.poll(() => status(token)).toBe(401)
  expect(await status(other)).toBe(204)
})

test('where that cannot be found out, the answer is a 503 and when to come back', async () => {
  const { token } = await clientWithToken()
  state.directoryIsDown = true
  const answer = await authorize(token)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
})

test('auth is told the same of a token, and nobody else may ask', async () => {
  const { client, token } = await clientWithToken()
  const asked = { clientId: client.id, tenantId: client.tenantId, sessionId: claimsOf(token).sid }
  const url = '/api/internal/partner-tokens/examine'
  const service = await as({ kind: 'service', subject: 'auth', permissions: ['tokens:introspect'] })
  const examine = async (body: object, headers: Record<string, string> = service) =>
    app.inject({ method: 'POST', url, headers, payload: body })
  expect((await examine(asked)).json()).toEqual({ active: true })
  const elsewhere = { ...asked, tenantId: crypto.randomUUID() }
  const unknown = { ...asked, sessionId: partnerSessionOf(crypto.randomUUID(), claimsOf(token).jti) }
  for (const body of [elsewhere, unknown, { ...asked, sessionId: 'x' }, { ...asked, sessionId: '.' }])
    expect((await examine(body)).json()).toEqual({ active: false })
  expect((await change('POST', client, '/revoke')).statusCode).toBe(200)
  expect((await examine(asked)).json()).toEqual({ active: false })
  const person = await as({ kind: 'user', permissions: ['tokens:introspect'] })
  for (const headers of [person, { authorization: `Bearer ${token}` }, {}])
    expect((await examine(asked, headers)).statusCode).toBeOneOf([401, 403])
})
