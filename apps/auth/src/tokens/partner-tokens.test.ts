import { serverOptions } from '@gatehouse/testing/server-options'
import { expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { claimsOf, harness, otherIssuer } from './harness.ts'

const partners = await otherIssuer()
const { account, exchange, introspect, asService, post, ...auth } = await harness({ partnerIssuer: partners })

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

test('a partner’s token, signed by the partner gateway, is exchanged for one of ours: theirs, narrower, in their tenant', async () => {
  const tid = crypto.randomUUID()
  const token = await partners.issue({ tid, scope: 'users:read roles:read', exp: inSeconds(120) })
  const answer = await exchange(token, { scope: 'users:read', audience: 'directory' }, 'partner-gateway')
  expect(claimsOf(answer.json().access_token)).toMatchObject({
    iss: 'http://issuer.test',
    kind: 'partner_client',
    tid,
    aud: 'directory',
    scope: 'users:read',
    act: { sub: 'partner-gateway' },
    exp: claimsOf(token).exp,
  })
  expect(await introspect(token)).toMatchObject({ active: true, kind: 'partner_client', tid })
})

test('the partner gateway’s key makes partners only, and gives them what partners may have only', async () => {
  for (const kind of ['user', 'service', 'api_key']) {
    const token = await partners.issue({ kind, sid: crypto.randomUUID(), own: crypto.randomUUID() })
    expect((await exchange(token)).json()).toMatchObject({ error: 'invalid_request' })
    expect(await introspect(token)).toEqual({ active: false })
  }
  const wide = await partners.issue({ scope: 'users:read roles:write platform:write' })
  expect((await exchange(wide)).json()).toMatchObject({ scope: 'users:read' })
  expect((await exchange(wide, { scope: 'roles:write' })).json()).toMatchObject({ error: 'invalid_scope' })
})

test.each([
  ['our own issuer', { iss: 'http://issuer.test' }],
  ['another issuer', { iss: 'https://elsewhere.test' }],
  ['another audience', { aud: 'elsewhere' }],
  ['a past end', { exp: inSeconds(-1) }],
  ['a life of more than ten minutes', { exp: inSeconds(3_600) }],
  ['no tenant', { tid: undefined }],
])('a partner’s token with %s is not exchanged', async (_, claims) => {
  const answer = await exchange(await partners.issue(claims))
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ error: 'invalid_request' })
})

test('of a partner’s client that the revocation feed tells of, no token is good; and of none is it said while the feed is stale', async () => {
  const options = serverOptions('auth', auth.testIssuer)
  const told = new Set<string>()
  const feed = { isRevoked: ({ id }: { id: string }) => told.has(id), isFresh: () => !told.has('stale') }
  const replica = buildApp({ ...options, authentication: { ...options.authentication, ...feed } }, auth)
  const clientId = crypto.randomUUID()
  const token = await partners.issue({ sub: clientId })
  const ask = async () => {
    const request = { method: 'POST', url: '/api/auth/introspect', payload: { token } } as const
    return replica.inject({ ...request, headers: await asService() })
  }
  expect((await ask()).json().active).toBe(true)
  told.add('stale')
  await account('directory', ['tokens:exchange', 'tokens:introspect', 'tokens:revoke'])
  expect((await ask()).statusCode).toBe(503)
  told.delete('stale')
  told.add(clientId)
  expect((await ask()).json()).toEqual({ active: false })
})

test('while the feed is stale, the partner gateway is asked what a partner’s token stands on, also of what it was exchanged for', async () => {
  const options = serverOptions('auth', auth.testIssuer)
  const asked: object[] = []
  const gone = new Set<string>()
  const examinePartner = async (token: { clientId: string; sessionId: string }) => {
    asked.push(token)
    return !gone.has(token.clientId)
  }
  const authentication = { ...options.authentication, isFresh: () => false }
  const replica = buildApp({ ...options, authentication }, { ...auth, examinePartner })
  await account('directory', ['tokens:exchange', 'tokens:introspect', 'tokens:revoke'])
  const [clientId, tenantId, sessionId] = [crypto.randomUUID(), crypto.randomUUID(), 'secret.token']
  const token = await partners.issue({ sub: clientId, tid: tenantId, sid: sessionId })
  const { access_token: exchanged } = (await exchange(token)).json()
  const ask = async (text: string) => {
    const request = { method: 'POST', url: '/api/auth/introspect', payload: { token: text } } as const
    return (await replica.inject({ ...request, headers: await asService() })).json()
  }
  for (const text of [token, exchanged])
    expect(await ask(text)).toMatchObject({ active: true, sid: sessionId })
  expect(asked).toEqual([1, 2].map(() => ({ clientId, tenantId, sessionId })))
  gone.add(clientId)
  for (const text of [token, exchanged]) expect(await ask(text)).toEqual({ active: false })
})

test('a partner’s token opens nothing of ours by itself', async () => {
  const token = await partners.issue({ scope: 'tokens:introspect', kind: 'service', sub: 'directory' })
  const headers = { authorization: `Bearer ${token}` }
  expect((await post('/api/auth/introspect', { token }, headers)).statusCode).toBe(401)
})

test('where the partner gateway’s keys can’t be had, the answer is a 503: it says nothing about the token', async () => {
  const down = await otherIssuer()
  down.state.isUp = false
  const other = await harness({ partnerIssuer: down })
  const token = await down.issue()
  const answer = await other.post('/api/auth/introspect', { token }, await asService())
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
  down.state.isUp = true
  expect(await other.introspect(token)).toMatchObject({ active: true })
})
