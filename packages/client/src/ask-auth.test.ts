import { expect, test } from 'vitest'
import { askAuth } from './ask-auth.ts'
import { answering, hangUp, json } from './harness.ts'

const origin = {
  correlationId: 'test-0001',
  sourceIp: '192.0.2.1',
  userAgent: undefined,
  traceparent: undefined,
}
const exchanged = json(200, {
  access_token: 'the token',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 600,
  scope: 'users:read',
})
const problem = (status: number, code: string) =>
  json(status, { type: '', title: '', status, detail: '', instance: '', code, requestId: '' })

async function askAt(...answers: Parameters<typeof answering>) {
  const auth = await answering(...answers)
  const ask = askAuth({ authUrl: auth.url, token: async () => 'own token', service: 'audit' })
  return { ...ask, received: auth.received }
}

test('an API key is exchanged under the service’s own token, for a token for itself, on behalf of the caller', async () => {
  const { exchange, received } = await askAt(exchanged)
  expect(await exchange('gate_live_x', origin)).toBe('the token')
  expect(received[0]).toMatchObject({ method: 'POST', url: '/api/v1/auth/token' })
  expect(received[0]?.headers).toMatchObject({
    authorization: 'Bearer own token',
    'x-correlation-id': 'test-0001',
    'x-forwarded-for': '192.0.2.1',
  })
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'gate_live_x',
    subject_token_type: 'urn:gatehouse:token-type:api_key',
    audience: 'audit',
  })
})

test('a key that auth refuses has no token, and is asked for once', async () => {
  const { exchange, received } = await askAt(
    json(400, { error: 'invalid_request', error_description: 'No.' }),
  )
  expect(await exchange('gate_live_x', origin)).toBeUndefined()
  expect(received).toHaveLength(1)
})

test('whether a token is good is what auth says of it', async () => {
  const { introspect, received } = await askAt(json(200, { active: true }), json(200, { active: false }))
  expect([await introspect('a', origin), await introspect('b', origin)]).toEqual([true, false])
  expect(received.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
    ['/api/auth/introspect', { token: 'a' }],
    ['/api/auth/introspect', { token: 'b' }],
  ])
})

test.each([
  ['is away', hangUp],
  ['is busy', json(503, { error: 'temporarily_unavailable' }, { 'retry-after': '1' })],
  ['does not accept the service’s own token', json(401, { error: 'invalid_client' })],
  ['does not permit it to ask', json(403, { error: 'unauthorized_client' })],
  ['limits how often it may ask', json(429, { error: 'temporarily_unavailable' })],
  ['does not know such a route', problem(404, 'request.unknown_route')],
])('while auth %s, neither is known: the caller is told to try again', async (_, answer) => {
  const { exchange, introspect } = await askAt(answer)
  for (const ask of [() => exchange('gate_live_x', origin), () => introspect('a', origin)]) {
    await expect(ask()).rejects.toMatchObject({
      status: 503,
      code: 'auth.unavailable',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    })
  }
})
