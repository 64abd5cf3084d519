import { tokenTypes } from '@gatehouse/contracts/tokens'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { inDirectory } from '../harness.ts'
import { claimsOf, harness } from './harness.ts'

const { apiKey, exchange, introspect, person, revoke } = await harness()

const exchangeKey = (key: string, more: object = {}) =>
  exchange(key, { subject_token_type: tokenTypes.apiKey, audience: 'directory', ...more }, 'partner-gateway')

test('an API key is exchanged for a token that says whose key it is and through whom it came, for ten minutes at most', async () => {
  const owner = await person()
  const answer = (await exchangeKey(await apiKey(owner, { scopes: ['users:read', 'roles:read'] }))).json()
  expect(claimsOf(answer.access_token)).toMatchObject({
    kind: 'api_key',
    own: owner.user.id,
    tid: owner.user.tenantId,
    aud: 'directory',
    scope: 'users:read roles:read',
    act: { sub: 'partner-gateway' },
  })
  expect(claimsOf(answer.access_token).sub).not.toBe(owner.user.id)
  expect(answer.expires_in).toBeLessThanOrEqual(600)
})

test('an API key gives no token that lives longer than itself', async () => {
  const expiresAt = new Date(Date.now() + 30_000).toISOString()
  const key = await apiKey(await person(), { expiresAt })
  const answer = (await exchangeKey(key)).json()
  expect(answer.expires_in).toBeLessThanOrEqual(30)
  expect(claimsOf(answer.access_token).exp).toBeLessThanOrEqual(Date.parse(expiresAt) / 1_000)
})

test('of an API key no more is to be had than its scopes, nor than its owner may do now', async () => {
  const owner = await person()
  const key = await apiKey(owner, { scopes: ['users:read', 'roles:read'] })
  expect((await exchangeKey(key, { scope: 'users:read' })).json().scope).toBe('users:read')
  expect((await exchangeKey(key, { scope: 'users:write' })).json()).toMatchObject({ error: 'invalid_scope' })
  await inDirectory(sql`delete from role_assignments where user_id = ${owner.user.id}`)
  expect((await exchangeKey(key, { scope: 'users:read' })).json()).toMatchObject({ error: 'invalid_scope' })
})

test.each([
  ['owner', sql`users`, 'id'],
  ['tenant', sql`tenants`, 'tenantId'],
] as const)(
  'the API key of a suspended %s gives no token, and its tokens are good no more',
  async (_, table, of) => {
    const owner = await person()
    const key = await apiKey(owner)
    const { access_token } = (await exchangeKey(key)).json()
    expect(await introspect(access_token)).toMatchObject({ active: true, own: owner.user.id })
    await inDirectory(sql`update ${table} set status = 'suspended' where id = ${owner.user[of]}`)
    expect((await exchangeKey(key)).json()).toMatchObject({ error: 'invalid_request' })
    expect(await introspect(access_token)).toEqual({ active: false })
    expect(await introspect(key)).toEqual({ active: false })
  },
)

test('of a good API key it is said whose it is and for what', async () => {
  const owner = await person()
  const key = await apiKey(owner, { scopes: ['users:read'] })
  expect(await introspect(key)).toMatchObject({
    active: true,
    kind: 'api_key',
    own: owner.user.id,
    tid: owner.user.tenantId,
    scope: 'users:read',
  })
})

test('an API key that a service found in the open is revoked by showing it, and so are its tokens', async () => {
  const key = await apiKey(await person())
  const { access_token } = (await exchangeKey(key)).json()
  expect((await revoke(key)).statusCode).toBe(200)
  expect((await exchangeKey(key)).json()).toMatchObject({ error: 'invalid_request' })
  expect(await introspect(key)).toEqual({ active: false })
  expect(await introspect(access_token)).toEqual({ active: false })
})

test('an API key is taken for nothing but an API key', async () => {
  const key = await apiKey(await person())
  const asAccessToken = await exchangeKey(key, { subject_token_type: tokenTypes.accessToken })
  expect(asAccessToken.json()).toMatchObject({ error: 'invalid_request' })
})
