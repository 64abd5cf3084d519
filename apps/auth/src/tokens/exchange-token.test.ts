import { maxActors } from '@gatehouse/contracts/tokens'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { sql } from 'drizzle-orm'
import { expect, inject, test } from 'vitest'
import { inDirectory, nowhere } from '../harness.ts'
import { sessions } from '../tables.ts'
import { claimsOf, harness, otherIssuer } from './harness.ts'

const { app, as, db, issuer, exchange, person, post, asService } = await harness()

const tenantChange = (id: string) => sql`update tenants set status = 'suspended' where id = ${id}`
const userChange = (id: string) => sql`update users set status = 'suspended' where id = ${id}`
const demotion = (id: string) => sql`delete from role_assignments where user_id = ${id}`

const expectRefused = (answer: Awaited<ReturnType<typeof exchange>>, error = 'invalid_request') => {
  expect(answer.json()).toMatchObject({ error })
  expect(answer.statusCode).toBe(400)
}

test('a service gets the token of a caller for the service behind it: still theirs, narrower, and saying through whom', async () => {
  const { accessToken, user } = await person()
  const answer = await exchange(accessToken, { scope: 'users:read' })
  expect(answer.json()).toMatchObject({
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    scope: 'users:read',
  })
  expect(answer.headers['cache-control']).toBe('no-store')
  const [before, after] = [claimsOf(accessToken), claimsOf(answer.json().access_token)]
  expect(after).toMatchObject({
    kind: 'user',
    sub: user.id,
    tid: user.tenantId,
    sid: before.sid,
    aud: 'audit',
    scope: 'users:read',
    act: { sub: 'directory' },
  })
  expect(after.exp).toBeLessThanOrEqual(before.exp)
  expect(answer.json().expires_in).toBeLessThanOrEqual(600)
})

test('without a scope the new token carries all that the old one does, and never more than that', async () => {
  const { accessToken, user } = await person()
  expect((await exchange(accessToken)).json().scope.split(' ').sort()).toEqual([...user.permissions].sort())
  const narrow = (await exchange(accessToken, { scope: 'users:read' }, 'directory')).json().access_token
  expectRefused(await exchange(narrow, { scope: 'users:read roles:read' }, 'audit'), 'invalid_scope')
})

test.each([
  'platform:read',
  'tokens:exchange',
  'users:read platform:write',
  'users:everything',
  'USERS:READ',
  '*',
  'users:*',
  'users:read\troles:read',
])('a service cannot widen what a caller may do: scope "%s" is refused', async (scope) => {
  const { accessToken } = await person()
  expectRefused(await exchange(accessToken, { scope }), 'invalid_scope')
})

test('the permissions of the service that asks are none of the new token, and neither is its tenant', async () => {
  const { accessToken, user } = await person()
  const { access_token } = (await exchange(accessToken)).json()
  expect(claimsOf(access_token)).toMatchObject({ tid: user.tenantId })
  expect(claimsOf(access_token).scope).not.toContain('tokens:')
})

test('the service behind looks at the caller’s rights and tenant: what the service that asks may do opens nothing', async () => {
  const { accessToken, user } = await person()
  const { access_token } = (await exchange(accessToken, { audience: 'directory' })).json()
  const directory = inject('directoryUrl')
  const call = (path: string, body?: object) =>
    fetch(`${directory}${path}`, {
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
  const me = await call('/api/users/me')
  expect(await me.json()).toMatchObject({ id: user.id, tenantId: user.tenantId })
  const resolved = await call('/api/internal/principals/resolve', { userId: user.id })
  expect(resolved.status).toBe(403)
})

test('a chain of services is kept, the last one outermost, and ends at four', async () => {
  const { accessToken } = await person()
  const services = ['directory', 'partner-gateway', 'directory', 'partner-gateway']
  let token = accessToken
  for (const service of services)
    token = (await exchange(token, { audience: 'gatehouse' }, service)).json().access_token
  expect(claimsOf(token).act).toEqual({
    sub: 'partner-gateway',
    act: { sub: 'directory', act: { sub: 'partner-gateway', act: { sub: 'directory' } } },
  })
  expect(services).toHaveLength(maxActors)
  expectRefused(await exchange(token, { audience: 'gatehouse' }))
})

test('a token for one service is exchanged by that service alone, and never for one that is good everywhere', async () => {
  const { accessToken } = await person()
  const forAudit = (await exchange(accessToken)).json().access_token
  expectRefused(await exchange(forAudit, { audience: 'partner-gateway' }, 'directory'))
  expectRefused(await exchange(forAudit, { audience: 'gatehouse' }, 'audit'), 'invalid_target')
  expect((await exchange(forAudit, { audience: 'directory' }, 'audit')).statusCode).toBe(200)
})

test('a token of a session that has ended is not exchanged, nor is what it was exchanged for', async () => {
  const { accessToken } = await person()
  const exchanged = (await exchange(accessToken, { audience: 'gatehouse' })).json().access_token
  await post('/api/auth/logout', {}, { authorization: `Bearer ${accessToken}` })
  expectRefused(await exchange(accessToken))
  expectRefused(await exchange(exchanged))
})

test.each([
  ['a person who was suspended', userChange, 'id'],
  ['a person of a tenant that was suspended', tenantChange, 'tenantId'],
  ['a person whose roles were taken away', demotion, 'id'],
] as const)('the token of %s is not exchanged', async (_, change, field) => {
  const { accessToken, user } = await person()
  await inDirectory(change(user[field]))
  expectRefused(await exchange(accessToken))
})

test('neither a refresh token, nor one of a service, nor anything made up is exchanged', async () => {
  const { refreshToken } = await person()
  const { authorization: service } = await as({
    kind: 'service',
    subject: 'auth',
    permissions: ['audit:write'],
  })
  const stranger = await otherIssuer()
  const others = [refreshToken, service.slice(7), await stranger.issue(), 'x', 'e30.e30.e30', 'gate_live_x']
  for (const token of others) expectRefused(await exchange(token))
  expectRefused(await exchange(refreshToken, { subject_token_type: 'urn:gatehouse:token-type:api_key' }))
})

test('a token that is about to end gives no longer life', async () => {
  const { user } = await person()
  const [session] = await readInPlatform(db, (tx) =>
    tx.select().from(sessions).where(sql`user_id = ${user.id}`),
  )
  const soon = Math.floor(Date.now() / 1_000) + 20
  const token = issuer.issue({
    kind: 'user',
    subject: user.id,
    tenantId: user.tenantId,
    sessionId: session?.id ?? '',
    clientId: 'gatehouse',
    audience: 'gatehouse',
    permissions: ['users:read'],
    expiresAt: soon,
  })
  const answer = (await exchange(token)).json()
  expect(claimsOf(answer.access_token).exp).toBe(soon)
  expect(answer.expires_in).toBeLessThanOrEqual(20)
})

test('an exchange is an event of the caller’s tenant, which says who, for what and through whom, and holds no token', async () => {
  const { accessToken, user } = await person()
  const { access_token } = (await exchange(accessToken, { scope: 'users:read' })).json()
  const events = await readInPlatform(db, (tx) =>
    tx.select().from(outbox).where(sql`subject like '%token.exchanged' and tenant_id = ${user.tenantId}`),
  )
  const text = JSON.stringify(events)
  expect(events).toHaveLength(1)
  for (const part of [user.id, '"directory"', 'users:read', '"audience":"audit"'])
    expect(text).toContain(part)
  for (const token of [accessToken, access_token]) expect(text).not.toContain(token.split('.')[2])
})

test.each(['user', 'api_key', 'partner_client'] as const)(
  'a %s exchanges nothing, whatever it may do',
  async (kind) => {
    const { accessToken } = await person()
    const headers = await as({ kind, permissions: ['tokens:exchange'] })
    const answer = await post('/api/v1/auth/token', { subject_token: accessToken }, headers)
    expect(answer.json()).toMatchObject({ error: 'unauthorized_client' })
  },
)

test('the request may be form-encoded, as OAuth 2 has it; a wrong grant type or audience is refused', async () => {
  const { accessToken } = await person()
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: accessToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: 'audit',
    made_up: 'is ignored',
  }
  const send = async (fields: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/auth/token',
      headers: { ...(await asService()), 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    })
  expect((await send(form)).statusCode).toBe(200)
  expectRefused(await send({ ...form, audience: 'elsewhere' }))
  expectRefused(await send({ ...form, grant_type: 'client_credentials' }), 'unsupported_grant_type')
})

test('without the directory nothing is exchanged, and the answer says when to come back', async () => {
  const { accessToken } = await person()
  const alone = await harness({ directoryUrl: nowhere })
  const answer = await alone.exchange(accessToken)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
})
