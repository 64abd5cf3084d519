import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { inDirectory } from '../harness.ts'
import { harness } from './harness.ts'

const { as, person, member, create, reroll, list, exchange, toldOf, isRevoked } = await harness()

const opens = async (key: string) => (await exchange(key)).statusCode === 200

test('a rerolled key has a successor of the same name and scopes, and both work for as long as they overlap', async () => {
  const { id: userId, headers } = await person()
  const old = (await create(headers, { userId, scopes: ['users:read'] })).json()
  const answer = await reroll(headers, old.id, { overlapSeconds: 3600 })
  expect(answer.statusCode).toBe(201)
  const next = answer.json()
  expect(next).toMatchObject({ name: old.name, userId, scopes: ['users:read'], expiresAt: null })
  expect([next.id === old.id, next.key === old.key]).toEqual([false, false])
  expect([await opens(old.key), await opens(next.key)]).toEqual([true, true])

  const [, listed] = (await list(headers, `?userId=${userId}`)).json().data
  const left = Date.parse(listed.expiresAt) - Date.now()
  expect([listed.id, left > 3_590_000, left <= 3_600_000]).toEqual([old.id, true, true])
  expect(await toldOf(old.id)).toMatchObject([
    { subject: 'identity.auth.api_key.created' },
    { subject: 'identity.auth.api_key.rerolled', payload: { data: { successorId: next.id, userId } } },
  ])
  expect(await toldOf(next.id)).toMatchObject([{ subject: 'identity.auth.api_key.created' }])
})

test('without an overlap the old key is refused at once, and everywhere', async () => {
  const { id: userId, headers } = await person()
  const old = (await create(headers, { userId })).json()
  const next = (await reroll(headers, old.id, { overlapSeconds: 0 })).json()
  expect([await opens(old.key), await opens(next.key)]).toEqual([false, true])
  expect(await isRevoked(old.id)).toBe(true)
})

test('an overlap that a token of the old key would outlive is refused', async () => {
  const { id: userId, headers } = await person()
  const { id } = (await create(headers, { userId })).json()
  for (const overlapSeconds of [-1, 1, 599, 7 * 86_400 + 1]) {
    expect((await reroll(headers, id, { overlapSeconds })).statusCode).toBe(400)
  }
})

test('a key that would have ended earlier than the overlap ends when it would have, and its successor with it', async () => {
  const { id: userId, headers } = await person()
  const expiresAt = new Date(Date.now() + 700_000).toISOString()
  const { id } = (await create(headers, { userId, expiresAt })).json()
  expect((await reroll(headers, id)).json().expiresAt).toBe(expiresAt)
  const later = new Date(Date.now() + 86_400_000).toISOString()
  expect((await reroll(headers, id, { expiresAt: later })).json().expiresAt).toBe(later)
  const old = (await list(headers)).json().data.find((key: { id: string }) => key.id === id)
  expect(old.expiresAt).toBe(expiresAt)
})

test('asking again with the same Idempotency-Key shows the same successor, and rerolls nothing', async () => {
  const { id: userId, headers } = await person()
  const { id } = (await create(headers, { userId })).json()
  const withKey = { ...headers, 'idempotency-key': crypto.randomUUID() }
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => reroll(withKey, id, { overlapSeconds: 0 })),
  )
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  expect(answers[0]?.statusCode).toBe(201)
  expect((await list(headers)).json().data).toHaveLength(1)
  expect((await reroll(withKey, id, { overlapSeconds: 3600 })).statusCode).toBe(422)
})

test('of ten who reroll one key at once without overlap, one gets a successor', async () => {
  const { id: userId, headers } = await person()
  const { id } = (await create(headers, { userId })).json()
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => reroll(headers, id, { overlapSeconds: 0 })),
  )
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array(9).fill(404)])
})

test('another person’s key, one of another tenant and one that is not there get the same answer', async () => {
  const admin = await person()
  const auditor = await member(admin.tenantId, 'auditor')
  const other = await person()
  const [theirs, foreign] = await Promise.all([
    create(admin.headers, { userId: admin.id }),
    create(other.headers, { userId: other.id }),
  ])
  const ids = [theirs.json().id, foreign.json().id, crypto.randomUUID()]
  const answers = await Promise.all(ids.map((id) => reroll(auditor.headers, id)))
  for (const answer of answers) {
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ code: 'api_key.not_found' })
  }
  expect((await reroll(admin.headers, foreign.json().id)).statusCode).toBe(404)
})

test('nobody gets at permissions that they lack by rerolling the key of somebody who has them', async () => {
  const admin = await person()
  const auditor = await member(admin.tenantId, 'auditor')
  const clerk = await as({
    tenantId: admin.tenantId,
    subject: auditor.id,
    permissions: [...auditor.permissions, 'api-keys:write'],
  })
  const { id, key } = (await create(admin.headers, { userId: admin.id, scopes: ['users:write'] })).json()
  const answer = await reroll(clerk, id, { overlapSeconds: 0 })
  expect(answer.statusCode).toBe(403)
  expect(answer.json()).toMatchObject({ code: 'api_key.beyond_permissions' })
  expect(await opens(key)).toBe(true)

  const harmless = (await create(admin.headers, { userId: auditor.id })).json()
  expect((await reroll(admin.headers, harmless.id)).statusCode).toBe(201)
})

test('a scope that its owner has lost is not in the successor', async () => {
  const admin = await person()
  const colleague = await member(admin.tenantId, 'tenant-admin')
  const scopes = ['users:read', 'users:write']
  const { id } = (await create(colleague.headers, { userId: colleague.id, scopes })).json()
  await inDirectory(sql`update role_assignments set role_id =
    (select id from roles where name = 'auditor' and category = 'system')
    where user_id = ${colleague.id} and tenant_id = ${admin.tenantId}`)
  const left = colleague.permissions.filter((permission) => permission === 'users:read')
  expect((await reroll(colleague.headers, id)).json().scopes).toEqual(left)
})

test('a key rerolls no key, not even itself', async () => {
  const { id: userId, headers } = await person()
  const { id, key } = (await create(headers, { userId })).json()
  expect((await reroll({ 'x-api-key': key }, id)).statusCode).toBe(403)
})

test('a key that is deleted or has expired is not rerolled', async () => {
  const { id: userId, headers } = await person()
  const { id } = (await create(headers, { userId })).json()
  await reroll(headers, id, { overlapSeconds: 0 })
  expect((await reroll(headers, id)).statusCode).toBe(404)
})
