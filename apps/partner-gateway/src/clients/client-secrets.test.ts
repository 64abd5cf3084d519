import { idempotencyKeys } from '@gatehouse/db/idempotency'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { expect, test } from 'vitest'
import { clientSecrets } from '../tables.ts'
import { harness } from './harness.ts'

const { db, administrator, token, told } = await harness()

test('a client has two live secrets while one is replaced, and no third; none is ever shown again', async () => {
  const { call, create } = await administrator()
  const client = (await create()).json()
  const path = `/${client.id}/secrets`
  const added = await call('POST', path, {})
  expect(added.statusCode).toBe(201)
  const { clientSecret: second, ...next } = added.json()
  for (const clientSecret of [client.clientSecret, second])
    expect((await token({ ...client, clientSecret })).statusCode).toBe(200)
  const third = await call('POST', path, {})
  expect(third.statusCode).toBe(409)
  expect(third.json()).toMatchObject({ code: 'client.too_many_secrets' })

  const listed = await call('GET', path)
  expect(listed.json().data).toHaveLength(2)
  expect(listed.json().data[1]).toMatchObject({ id: next.id, lastFour: second.slice(-4) })
  for (const secret of [client.clientSecret, second]) expect(listed.body).not.toContain(secret)
})

test('a removed secret gets no token from that moment on, the other one does; the last one stays', async () => {
  const { tenantId, call, create } = await administrator()
  const client = (await create()).json()
  const path = `/${client.id}/secrets`
  const { clientSecret: second } = (await call('POST', path, {})).json()
  const [first, next] = (await call('GET', path)).json().data
  expect((await token(client)).statusCode).toBe(200)
  expect((await call('DELETE', `${path}/${first.id}`)).statusCode).toBe(204)
  expect((await token(client)).statusCode).toBe(401)
  expect((await token({ ...client, clientSecret: second })).statusCode).toBe(200)
  expect((await call('DELETE', `${path}/${first.id}`)).statusCode).toBe(404)
  expect((await call('DELETE', `${path}/${next.id}`)).json()).toMatchObject({ code: 'client.last_secret' })
  const kinds = (await told(tenantId)).map(({ what }) => what)
  expect(kinds).toEqual(
    expect.arrayContaining([
      'oauth_client.secret_added',
      'oauth_client.secret_removed',
      // What it got is refused with it, and what the other one got is not.
      `client_secret.${first.id}`,
    ]),
  )
  expect(kinds).not.toContain(`client_secret.${next.id}`)
})

test('a secret expires when it was told to, and never later', async () => {
  const { call, create } = await administrator()
  const client = (await create()).json()
  const path = `/${client.id}/secrets`
  const [first] = (await call('GET', path)).json().data
  const soon = new Date(Date.now() + 400).toISOString()
  const later = new Date(Date.now() + 3_600_000).toISOString()
  expect((await call('PATCH', `${path}/${first.id}`, { expiresAt: soon })).json().expiresAt).toBe(soon)
  expect((await call('PATCH', `${path}/${first.id}`, { expiresAt: later })).json().expiresAt).toBe(soon)
  const past = await call('POST', path, { expiresAt: '2020-01-01T00:00:00Z' })
  expect(past.statusCode).toBe(400)
  await expect.poll(async () => (await token(client)).statusCode).toBe(401)
  expect((await call('GET', path)).json().data).toEqual([])
  expect((await call('POST', path, {})).statusCode).toBe(201)
})

test('nobody gets a secret of a client that can do more than they can', async () => {
  const { tenantId, create } = await administrator()
  const { id } = (await create({ scopes: ['users:read', 'roles:read'] })).json()
  const other = await administrator({ tenantId, permissions: ['partner-clients:write', 'users:read'] })
  const refused = await other.call('POST', `/${id}/secrets`, {})
  expect(refused.statusCode).toBe(403)
  expect(refused.json().detail).toContain('roles:read')
})

test('when a secret was last used is shown of each', async () => {
  const { call, create } = await administrator()
  const client = (await create()).json()
  const path = `/${client.id}/secrets`
  await call('POST', path, {})
  await token(client)
  await expect
    .poll(async () =>
      (await call('GET', path)).json().data.map((each: { lastUsedAt: unknown }) => each.lastUsedAt),
    )
    .toEqual([expect.any(String), null])
  expect((await call('GET', `/${client.id}`)).json().lastUsedAt).toEqual(expect.any(String))
})

test('with an Idempotency-Key a client and a secret are made once, and shown again; another body is refused, and another person has other keys', async () => {
  const { tenantId, call, create } = await administrator()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const answers = await Promise.all(Array.from({ length: 10 }, () => create({}, key)))
  for (const answer of answers) expect(answer.json()).toEqual(answers[0]?.json())
  expect((await create({ name: 'Other' }, key)).statusCode).toBe(422)
  const client = answers[0]?.json()
  expect((await token(client)).statusCode).toBe(200)

  const add = () => call('POST', `/${client.id}/secrets`, {}, key)
  const [one, two] = [await add(), await add()]
  expect(two.json()).toEqual(one.json())
  expect((await token({ ...client, clientSecret: two.json().clientSecret })).statusCode).toBe(200)

  const other = await administrator({ tenantId })
  expect((await other.create({}, key)).json().id).not.toBe(client.id)
  expect((await call('GET', '')).json().data).toHaveLength(2)
})

test('no secret is in any table, for an Idempotency-Key neither', async () => {
  const { call, create } = await administrator()
  const key = { 'idempotency-key': crypto.randomUUID() }
  const client = (await create({}, key)).json()
  const { clientSecret } = (await call('POST', `/${client.id}/secrets`, {}, key)).json()
  const rows = await readInPlatform(db, (tx) =>
    Promise.all([
      tx.select().from(idempotencyKeys),
      tx.select().from(outbox),
      tx.select().from(clientSecrets),
    ]),
  )
  const text = JSON.stringify(rows)
  for (const secret of [client.clientSecret, clientSecret]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(secret.slice('gate_cs_'.length))
  }
})
