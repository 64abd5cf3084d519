import { createRevocationList } from '@gatehouse/events/revocation-list'
import { expect, test } from 'vitest'
import { directoryUnavailable } from '../errors.ts'
import { basic, harness } from './harness.ts'

const { post } = await harness()

test('while the database is away nobody is given a token that nothing tells of: 503, and when to come back', async () => {
  const { db, newClient, ask } = await harness()
  const client = await newClient()
  expect((await ask(client)).statusCode).toBe(200)
  await db.close()
  for (const clientSecret of [client.clientSecret, 'wrong']) {
    const answer = await ask({ ...client, clientSecret })
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(answer.headers['retry-after']).toBeDefined()
  }
})

test('while nobody knows whether the tenant is active there is no token either', async () => {
  const { newClient, ask } = await harness({
    isTenantActive: async () => {
      throw directoryUnavailable({ headers: { 'retry-after': '1' } })
    },
  })
  const answer = await ask(await newClient())
  expect(answer.statusCode).toBe(503)
  expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
})

test('a token that is given while the news of a suspension is on its way is refused along with those from before', async () => {
  const { newClient, ask, claimsOf } = await harness()
  const client = await newClient()
  const revocations = createRevocationList(Date.now)
  revocations.add(`revocation.directory.tenant.${client.tenantId}`, new Date())
  const { iat = 0, sid, tid } = claimsOf((await ask(client)).json().access_token)
  const bearer = { id: client.id, tenantId: tid, sessionId: sid, permissions: new Set<never>() }
  expect(revocations.has({ kind: 'partner_client', ...bearer }, iat * 1_000)).toBe(true)
})

test.each([
  'grant_type=client_credentials&client_id=%00&client_secret=%00',
  `grant_type=client_credentials&client_id=${'x'.repeat(2_000)}&client_secret=x`,
  'grant_type=client_credentials&client_id=__proto__&client_secret=constructor',
  'grant_type[]=client_credentials',
  '__proto__=x&grant_type=client_credentials',
  'grant_type=client_credentials&client_id=%ED%A0%80&client_secret=%zz',
  '&&&===&%',
  '{"grant_type":"client_credentials"}',
  '',
])('%j is refused as a request, not a failure of ours', async (form) => {
  const answer = await post('token', form)
  expect([400, 401]).toContain(answer.statusCode)
  expect(answer.json()).toMatchObject({ error: expect.stringMatching(/^invalid_(request|client)$/) })
})

test.each([
  basic('', ''),
  basic('a', ''),
  basic('\0', '\0'),
  basic('a:b:c', 'd'),
  basic('x'.repeat(4_000), 'y'),
  { authorization: 'Basic' },
  { authorization: 'Basic  ' },
  { authorization: 'basic Og==' },
  { authorization: 'Basic /////w==' },
])('credentials like %j are refused as credentials', async (headers) => {
  const answer = await post('token', { grant_type: 'client_credentials' }, headers)
  expect(answer.statusCode).toBe(401)
  expect(answer.json()).toMatchObject({ error: 'invalid_client' })
})
