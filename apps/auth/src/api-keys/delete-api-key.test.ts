import { permissionNames } from '@gatehouse/contracts/permissions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { apiKeys } from '../tables.ts'
import { harness } from './harness.ts'

const { app, db, as, person, member, create, remove, list, exchange, toldOf, isRevoked } = await harness()

test('a key that its owner deletes is gone from the list, refused at once, and revoked everywhere', async () => {
  const { id: userId, headers } = await person()
  const { id, key } = (await create(headers, { userId })).json()
  expect((await exchange(key)).statusCode).toBe(200)
  expect((await remove(headers, id)).statusCode).toBe(204)
  expect((await list(headers)).json().data).toEqual([])
  expect((await exchange(key)).statusCode).toBe(400)
  expect(await isRevoked(id)).toBe(true)
  expect(await toldOf(id)).toMatchObject([
    { subject: 'identity.auth.api_key.created' },
    { subject: 'identity.auth.api_key.revoked', payload: { actorid: userId, data: { userId, name: 'ci' } } },
  ])
})

test('a key is deleted once: of ten at the same time one does it, and tells of it once', async () => {
  const { id: userId, headers } = await person()
  const { id } = (await create(headers, { userId })).json()
  const answers = await Promise.all(Array.from({ length: 10 }, () => remove(headers, id)))
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, ...Array(9).fill(404)])
  expect(await toldOf(id)).toHaveLength(2)
})

test('another person’s key needs the permission; without it, it looks as if it were not there', async () => {
  const admin = await person()
  const colleague = await member(admin.tenantId, 'member')
  const { id } = (await create(admin.headers, { userId: admin.id })).json()
  const answers = await Promise.all([id, crypto.randomUUID()].map((id) => remove(colleague.headers, id)))
  for (const answer of answers) {
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ code: 'api_key.not_found' })
  }
  const theirs = (await create(colleague.headers, { userId: colleague.id })).json()
  expect((await remove(admin.headers, theirs.id)).statusCode).toBe(204)
})

test('a key of another tenant is not there, whatever one may do', async () => {
  const [ada, eve] = await Promise.all([person(), person()])
  const { id, key } = (await create(ada.headers, { userId: ada.id })).json()
  expect((await remove(eve.headers, id)).statusCode).toBe(404)
  const almighty = await as({ tenantId: eve.tenantId, permissions: permissionNames })
  expect((await remove(almighty, id)).statusCode).toBe(404)
  expect((await exchange(key)).statusCode).toBe(200)
})

test('a key deletes another only with the permission, and nothing for being its owner’s', async () => {
  const { id: userId, headers } = await person()
  const [other, plain, powerful] = await Promise.all([
    create(headers, { userId, scopes: ['users:read'] }),
    create(headers, { userId, scopes: ['users:read'] }),
    create(headers, { userId, scopes: ['api-keys:write'] }),
  ])
  const { id } = other.json()
  expect((await remove({ 'x-api-key': plain.json().key }, id)).statusCode).toBe(404)
  expect((await remove({ 'x-api-key': powerful.json().key }, id)).statusCode).toBe(204)
})

test('a service that found a key can have it deleted (RFC 7009), and learns nothing by trying', async () => {
  const { id: userId, headers } = await person()
  const { id, key } = (await create(headers, { userId })).json()
  const service = await as({ kind: 'service', subject: 'scanner', permissions: ['tokens:revoke'] })
  const give = (token: string) =>
    app.inject({ method: 'POST', url: '/api/auth/revoke', headers: service, payload: { token } })
  const found = () => readInPlatform(db, (tx) => tx.select().from(apiKeys).where(eq(apiKeys.id, id)))

  // The id is right and the secret is another.
  const { key: another } = (await create(headers, { userId })).json()
  const forged = `${key.slice(0, 33)}${another.slice(33)}`
  expect((await give(forged)).statusCode).toBe(200)
  expect((await found())[0]?.revokedAt).toBeNull()
  expect((await give(key)).statusCode).toBe(200)
  expect((await found())[0]?.revokedAt).not.toBeNull()
  expect((await give(key)).statusCode).toBe(200)
  expect(await toldOf(id)).toMatchObject([{}, { payload: { actorid: 'scanner' } }])
})
