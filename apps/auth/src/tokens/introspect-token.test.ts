import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { inDirectory, nowhere } from '../harness.ts'
import { claimsOf, harness, otherIssuer } from './harness.ts'

const { account, as, asService, exchange, introspect, person, post } = await harness()
const inactive = { active: false }

const logout = (accessToken: string) =>
  post('/api/auth/logout', {}, { authorization: `Bearer ${accessToken}` })

test('of a good access token it is said whose it is, where, for how long and for what', async () => {
  const { accessToken, user } = await person()
  const { scope, ...said } = await introspect(accessToken)
  expect(said).toMatchObject({
    active: true,
    token_type: 'Bearer',
    iss: 'http://issuer.test',
    aud: 'gatehouse',
    sub: user.id,
    tid: user.tenantId,
    sid: claimsOf(accessToken).sid,
    kind: 'user',
    exp: claimsOf(accessToken).exp,
  })
  expect(scope.split(' ').sort()).toEqual([...user.permissions].sort())
})

test('of an exchanged token it is said through which services it came', async () => {
  const { accessToken } = await person()
  const once = (await exchange(accessToken, { audience: 'gatehouse' })).json().access_token
  const twice = (await exchange(once, {}, 'partner-gateway')).json().access_token
  expect(await introspect(twice)).toMatchObject({
    active: true,
    act: { sub: 'partner-gateway', act: { sub: 'directory' } },
  })
})

test('of a refresh token it is said whose it is, and that it is good for this one use', async () => {
  const { refreshToken, user } = await person()
  expect(await introspect(refreshToken)).toMatchObject({ active: true, sub: user.id, tid: user.tenantId })
  await post('/api/auth/refresh', { refreshToken })
  expect(await introspect(refreshToken)).toEqual(inactive)
})

test('of a session that has ended, neither token is good', async () => {
  const { accessToken, refreshToken } = await person()
  await logout(accessToken)
  expect(await introspect(accessToken)).toEqual(inactive)
  expect(await introspect(refreshToken)).toEqual(inactive)
})

test.each([
  ['suspended', (id: string) => sql`update users set status = 'suspended' where id = ${id}`],
  ['deleted', (id: string) => sql`update users set status = 'deleted' where id = ${id}`],
])('of a person who is %s, neither token is good', async (_, change) => {
  const { accessToken, refreshToken, user } = await person()
  await inDirectory(change(user.id))
  expect(await introspect(accessToken)).toEqual(inactive)
  expect(await introspect(refreshToken)).toEqual(inactive)
})

test('of a tenant that is suspended, no token is good', async () => {
  const { accessToken, refreshToken, user } = await person()
  await inDirectory(sql`update tenants set status = 'suspended' where id = ${user.tenantId}`)
  expect(await introspect(accessToken)).toEqual(inactive)
  expect(await introspect(refreshToken)).toEqual(inactive)
})

test('a token that says more than its bearer’s roles permit today is not good, whatever its signature says', async () => {
  const { accessToken, user } = await person()
  expect(await introspect(accessToken)).toMatchObject({ active: true })
  await inDirectory(sql`delete from role_assignments where user_id = ${user.id}`)
  expect(await introspect(accessToken)).toEqual(inactive)
})

test('the token of a service is good as long as its account permits what it says', async () => {
  await account('audit', ['audit:write'])
  const { authorization } = await as({ kind: 'service', subject: 'audit', permissions: ['audit:write'] })
  expect(await introspect(authorization.slice(7))).toMatchObject({ active: true, kind: 'service' })
  await account('audit', [])
  expect(await introspect(authorization.slice(7))).toEqual(inactive)
})

test('nothing is said of what is no token of ours', async () => {
  const stranger = await otherIssuer()
  const { accessToken } = await person()
  const [header, payload] = accessToken.split('.')
  const others = [
    await stranger.issue(),
    `${header}.${payload}.AAAA`,
    `${accessToken}x`,
    ` ${accessToken}`,
    'x',
    'gate_rt_x',
    'gate_live_x',
    'e30.e30.',
  ]
  for (const token of others) expect(await introspect(token)).toEqual(inactive)
})

test('only services may ask', async () => {
  const { accessToken } = await person()
  const headers = await as({ permissions: ['tokens:introspect'] })
  const answer = await post('/api/auth/introspect', { token: accessToken }, headers)
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ error: 'unauthorized_client' })
})

test('without the directory nobody is told that a token is good, nor that it is not', async () => {
  const alone = await harness({ directoryUrl: nowhere })
  const { authorization } = await alone.as({ subject: crypto.randomUUID(), sessionId: crypto.randomUUID() })
  const headers = await alone.asService()
  const answer = await alone.post('/api/auth/introspect', { token: authorization.slice(7) }, headers)
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBeDefined()
})

test('an answer is kept by nobody on the way', async () => {
  const { accessToken } = await person()
  const answer = await post('/api/auth/introspect', { token: accessToken }, await asService())
  expect(answer.headers['cache-control']).toBe('no-store')
})
