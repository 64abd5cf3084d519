import { createHash } from 'node:crypto'
import type { Permission } from '@gatehouse/contracts/permissions'
import { readInPlatform } from '@gatehouse/db/tenant'
import { outbox } from '@gatehouse/events/outbox'
import { expect, test } from 'vitest'
import { harness } from '../harness.ts'
import { clientSecrets } from '../tables.ts'

const { app, db, as } = await harness()
const managing: Permission[] = ['partner-clients:read', 'partner-clients:write', 'users:read']

type Headers = Record<string, string>
const create = (headers: Headers, payload: object) =>
  app.inject({ method: 'POST', url: '/api/partner/clients', headers, payload })
const list = (headers: Headers, query = '') => app.inject({ url: `/api/partner/clients${query}`, headers })

test('a client is made with a secret that is shown once and kept as a digest, and with its event', async () => {
  const tenantId = crypto.randomUUID()
  const headers = await as({ tenantId, permissions: managing })
  const created = await create(headers, {
    name: 'Difference Ltd',
    scopes: ['users:read'],
    allowedIps: ['192.0.2.0/24'],
  })
  expect(created.statusCode).toBe(201)
  const { clientSecret, ...client } = created.json()
  expect(client).toMatchObject({
    tenantId,
    scopes: ['users:read'],
    allowedIps: ['192.0.2.0/24'],
    status: 'active',
  })
  expect((await list(headers)).json()).toEqual({ data: [client], nextCursor: null })

  const secrets = await readInPlatform(db, (tx) => tx.select().from(clientSecrets))
  const digest = createHash('sha256').update(clientSecret).digest()
  expect(secrets.filter((secret) => secret.clientId === client.id)).toMatchObject([{ digest }])

  const events = await readInPlatform(db, (tx) => tx.select().from(outbox))
  const mine = events.filter((event) => event.tenantId === tenantId)
  expect(mine).toMatchObject([
    {
      subject: 'identity.partner-gateway.oauth_client.created',
      aggregateId: client.id,
      payload: { data: { name: 'Difference Ltd', after: { scopes: ['users:read'], status: 'active' } } },
    },
  ])
  expect(JSON.stringify(mine)).not.toContain(clientSecret)
})

test('nobody gives a client a scope that they do not hold', async () => {
  const headers = await as({ permissions: managing })
  const refused = await create(headers, { name: 'Too much', scopes: ['users:read', 'audit:read'] })
  expect(refused.statusCode).toBe(403)
  expect(refused.json()).toMatchObject({ code: 'client.beyond_own_permissions' })
  expect(refused.json().detail).toContain('audit:read')
  expect((await list(headers)).json().data).toEqual([])
})

test('a list goes on from its cursor and misses nothing, however it grows meanwhile', async () => {
  const headers = await as({ tenantId: crypto.randomUUID(), permissions: managing })
  const names = ['one', 'two', 'three', 'four', 'five']
  for (const name of names) await create(headers, { name, scopes: ['users:read'] })

  const first = (await list(headers, '?limit=2')).json()
  await create(headers, { name: 'six', scopes: ['users:read'] })
  const second = (await list(headers, `?limit=2&cursor=${first.nextCursor}`)).json()
  const third = (await list(headers, `?limit=2&cursor=${second.nextCursor}`)).json()
  const seen = [...first.data, ...second.data, ...third.data].map(({ name }) => name)
  expect(seen).toEqual(names.toReversed())
  expect(third.nextCursor).toBeNull()
  expect((await list(headers, '?limit=2&page=3')).json()).toMatchObject({
    data: [{}, {}],
    total: 6,
    nextCursor: null,
  })
})

test('a cursor shows nothing of another tenant, and one that is none of this list is refused', async () => {
  const [mine, theirs] = await Promise.all(
    [1, 2].map(() => as({ tenantId: crypto.randomUUID(), permissions: managing })),
  )
  for (const name of ['one', 'two', 'three']) await create(theirs ?? {}, { name, scopes: ['users:read'] })
  const { nextCursor } = (await list(theirs ?? {}, '?limit=1')).json()
  for (const cursor of [nextCursor, 'x', 'bnVsbA', Buffer.from('"1; drop table"').toString('base64url')]) {
    const refused = await list(mine ?? {}, `?cursor=${cursor}`)
    expect(refused.statusCode).toBe(400)
    expect(refused.json()).toMatchObject({ code: 'request.invalid_cursor' })
  }
})
