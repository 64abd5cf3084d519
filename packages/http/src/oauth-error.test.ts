import { issuePartnerToken } from '@gatehouse/contracts/partner-token'
import { problem } from '@gatehouse/contracts/problem'
import { OAuthError } from '@gatehouse/contracts/problems'
import { expect, test } from 'vitest'
import { serve } from './harness.ts'

const refusals = {
  client: problem('oauth.invalid_client', 401, 'There is no such client, or the secret is "wrong".'),
  scope: problem('oauth.invalid_scope', 400, 'The client does not have this scope.'),
  grant: problem('oauth.unsupported_grant_type', 400, 'Only client_credentials.'),
  limit: problem('request.rate_limited', 429, 'Too many requests.'),
  down: problem('database.unavailable', 503, 'Not at the moment.'),
} as const

const { app } = await serve((app) =>
  app.route({
    ...issuePartnerToken,
    handler: async ({ body }) => {
      if (body.scope === 'more') throw refusals.scope({ extensions: { enrolmentToken: 'goOnWithThis' } })
      if (body.scope && body.scope in refusals) throw refusals[body.scope as keyof typeof refusals]()
      if (body.scope === 'broken') throw new Error('select secret from clients')
      return { access_token: body.grant_type, token_type: 'Bearer' as const, expires_in: 600, scope: '' }
    },
  }),
)
const form = 'application/x-www-form-urlencoded'
const ask = (payload: string, headers = {}) =>
  app.inject({
    method: 'POST',
    url: issuePartnerToken.url,
    headers: { 'content-type': form, ...headers },
    payload,
  })

test('a token request may be a form, as OAuth 2 has it, or JSON', async () => {
  const asForm = await ask('grant_type=client+credentials%21&client_id=a&client_secret=b')
  expect(asForm.json()).toMatchObject({ access_token: 'client credentials!' })
  const asJson = await ask('{"grant_type":"x","client_id":"a","client_secret":"b"}', {
    'content-type': 'application/json',
  })
  expect(asJson.json()).toMatchObject({ access_token: 'x' })
})

test.each([
  ['client', 401, 'invalid_client'],
  ['scope', 400, 'invalid_scope'],
  ['grant', 400, 'unsupported_grant_type'],
  ['limit', 429, 'temporarily_unavailable'],
  ['down', 503, 'temporarily_unavailable'],
  ['broken', 500, 'server_error'],
])('%s is refused as RFC 6749, section 5.2, has it: %i %s', async (scope, status, error) => {
  const reply = await ask(`grant_type=a&client_id=a&client_secret=b&scope=${scope}`)
  expect(reply.statusCode).toBe(status)
  expect(reply.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  })
  expect(OAuthError.parse(reply.json())).toMatchObject({ error })
  expect(reply.json().error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  expect(reply.body).not.toContain('select')
})

test('an OAuth 2 client gets no members that a problem has besides', async () => {
  const reply = await ask('grant_type=a&client_id=a&client_secret=b&scope=more')
  expect(reply.json()).toEqual({ error: 'invalid_scope', error_description: expect.any(String) })
})

test.each([
  ['no grant type', 'client_id=a', {}, 400],
  ['a parameter twice', 'grant_type=a&grant_type=b&client_id=a&client_secret=b', {}, 400],
  ['a parameter that is not well encoded', 'grant_type=%zz', {}, 400],
  ['NUL', 'grant_type=a%00b', {}, 400],
  ['__proto__', 'grant_type=a&__proto__=b', {}, 400],
  ['no body', '', {}, 400],
  ['another type', 'grant_type=a', { 'content-type': 'text/plain' }, 415],
  ['a compressed body', 'grant_type=a', { 'content-encoding': 'gzip' }, 415],
])('a request with %s is an invalid_request', async (_, payload, headers, status) => {
  const reply = await ask(payload, headers)
  expect(reply.statusCode).toBe(status)
  expect(reply.json()).toMatchObject({ error: 'invalid_request' })
})

test('a client that came with HTTP Basic is answered in kind', async () => {
  const payload = 'grant_type=a&client_id=a&client_secret=&scope=client'
  const reply = await ask(payload, { authorization: 'Basic YTpi' })
  expect(reply.statusCode).toBe(401)
  expect(reply.headers['www-authenticate']).toBe('Basic realm="gatehouse"')
  const other = await ask('grant_type=a&client_id=a&client_secret=b&scope=client')
  expect(other.headers['www-authenticate']).toBeUndefined()
})
