import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { claimsOf, harness } from './harness.ts'

const { as, db, exchange, introspect, person, post, revoke } = await harness()

const outboxOf = (text: string) =>
  readInPlatform(db, (tx) =>
    tx
      .select()
      .from(outbox)
      .where(sql`payload::text like ${`%${text}%`} or subject like ${`%${text}%`}`),
  )

test.each(['accessToken', 'refreshToken'] as const)(
  'revoking the %s ends its session: refresh at once, and everywhere through the revocation feed',
  async (which) => {
    const tokens = await person()
    const { sid = '' } = claimsOf(tokens.accessToken)
    expect((await revoke(tokens[which])).statusCode).toBe(200)
    const answer = await post('/api/auth/refresh', { refreshToken: tokens.refreshToken })
    expect(answer.statusCode).toBe(401)
    expect(await introspect(tokens.accessToken)).toEqual({ active: false })
    const subjects = (await outboxOf(sid)).map(({ subject }) => subject)
    expect(subjects).toContain(`revocation.auth.session.${sid}`)
    const [ended] = await outboxOf('token_revoked')
    expect(JSON.stringify(ended?.payload)).toContain('"actorid":"directory"')
  },
)

test('revoking an exchanged token ends the session that it stands on', async () => {
  const { accessToken, refreshToken } = await person()
  const { access_token } = (await exchange(accessToken)).json()
  expect((await revoke(access_token)).statusCode).toBe(200)
  expect((await post('/api/auth/refresh', { refreshToken })).statusCode).toBe(401)
})

test('revoking ends one session and no other of the same person', async () => {
  const { refreshToken, email, password } = await person()
  const other = (await post('/api/auth/login', { email, password })).json()
  await revoke(refreshToken)
  expect((await post('/api/auth/refresh', { refreshToken: other.refreshToken })).statusCode).toBe(200)
})

test.each(['x', 'gate_rt_unknown', 'gate_live_unknown', 'e30.e30.e30'])(
  'revoking what is unknown (%s) is no fault (RFC 7009, section 2.2)',
  async (token) => {
    const answer = await revoke(token)
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
  },
)

test('revoking a token twice is no fault', async () => {
  const { accessToken } = await person()
  await revoke(accessToken)
  expect((await revoke(accessToken)).statusCode).toBe(200)
})

test('the token of a service stands on no session, and is not revoked by itself', async () => {
  const { authorization } = await as({ kind: 'service', subject: 'audit', permissions: ['audit:write'] })
  const answer = await revoke(authorization.slice(7))
  expect(answer.statusCode).toBe(400)
  expect(answer.json()).toMatchObject({ error: 'unsupported_token_type' })
})

test('only services may revoke', async () => {
  const { accessToken } = await person()
  const answer = await post(
    '/api/auth/revoke',
    { token: accessToken },
    await as({ permissions: ['tokens:revoke'] }),
  )
  expect(answer.statusCode).toBe(403)
  expect(await introspect(accessToken)).toMatchObject({ active: true })
})
