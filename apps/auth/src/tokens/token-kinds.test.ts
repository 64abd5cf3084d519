import type { Tokens } from '@gatehouse/contracts/sessions'
import { tokenExchangeGrant, tokenTypes } from '@gatehouse/contracts/tokens'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { inDirectory } from '../harness.ts'
import { harness, otherIssuer } from './harness.ts'

const partners = await otherIssuer()
const auth = await harness({ partnerIssuer: partners })
const { app, as, asService, apiKey, person, post } = auth

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A limited token, for setting up the second factor that a tenant demands. */
const enrolmentToken = async () => {
  const { email, password, user } = await person()
  await inDirectory(sql`insert into tenant_settings (tenant_id, settings)
    values (${user.tenantId}, '{"features":{"mfaRequired":true}}')
    on conflict (tenant_id) do update set settings = excluded.settings`)
  return (await post('/api/auth/login', { email, password })).json().enrolmentToken as string
}

/** Each kind of credential, a fresh and good one. */
const credentials: Record<string, () => Promise<string>> = {
  'access token': async () => (await person()).accessToken,
  'service token': async () => (await asService()).authorization.slice('Bearer '.length),
  'refresh token': async () => (await person()).refreshToken,
  'one-time token': enrolmentToken,
  'API key': async () => apiKey(await person()),
  'partner token': () => partners.issue(),
}

const exchanged = async (subject_token: string, subject_token_type: string) =>
  post(
    '/api/v1/auth/token',
    { grant_type: tokenExchangeGrant, audience: 'audit', subject_token, subject_token_type },
    await asService(),
  )

/** What each kind opens: a request that takes it and nothing else. */
const places: Record<
  string,
  { takes: readonly string[]; send: (token: string) => Promise<{ statusCode: number }> }
> = {
  "a person's own sessions": {
    takes: ['access token'],
    send: (token) => app.inject({ url: '/api/users/me/sessions', headers: bearer(token) }),
  },
  'what is between services': {
    takes: ['service token'],
    send: (token) => post('/api/auth/introspect', { token: 'x' }, bearer(token)),
  },
  'a refresh': {
    takes: ['refresh token'],
    send: (refreshToken) => post('/api/auth/refresh', { refreshToken }),
  },
  'setting up a second factor at the door': {
    takes: ['one-time token'],
    send: (token) => post('/api/auth/mfa/enrol', { enrolmentToken: token }),
  },
  'an exchange as an API key': {
    takes: ['API key'],
    send: (token) => exchanged(token, tokenTypes.apiKey),
  },
  'an exchange as an access token': {
    takes: ['access token', 'partner token'],
    send: (token) => exchanged(token, tokenTypes.accessToken),
  },
  'verifying an address': {
    takes: [],
    send: (token) => post('/api/auth/verify-email', { token }),
  },
  'a new password': {
    takes: [],
    send: (token) =>
      post('/api/auth/reset-password', { token, newPassword: 'Difference engine no. 2 is built' }),
  },
}

const pairs = Object.entries(places).flatMap(([place, { takes, send }]) =>
  Object.entries(credentials).map(([kind, make]) => ({
    place,
    kind,
    make,
    send,
    taken: takes.includes(kind),
  })),
)

test.each(pairs.filter(({ taken }) => taken))('$place is open to a good $kind', async ({ make, send }) => {
  expect((await send(await make())).statusCode).toBeLessThan(300)
})

test.each(pairs.filter(({ taken }) => !taken))('$place is closed to a good $kind', async ({ make, send }) => {
  const { statusCode } = await send(await make())
  expect(statusCode).toBeGreaterThanOrEqual(400)
  expect(statusCode).toBeLessThan(500)
})

test('no token is taken in the header of an API key, nor under another scheme', async () => {
  const { accessToken, refreshToken }: Tokens = await person()
  for (const token of [accessToken, refreshToken, await partners.issue()]) {
    const answer = await app.inject({ url: '/api/users/me/sessions', headers: { 'x-api-key': token } })
    expect(answer.statusCode).toBe(401)
  }
  const service = await as({ kind: 'service', subject: 'directory', permissions: ['tokens:introspect'] })
  const basic = { authorization: service.authorization.replace('Bearer', 'Basic') }
  expect((await post('/api/auth/introspect', { token: 'x' }, basic)).statusCode).toBe(401)
})
