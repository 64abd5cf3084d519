import { platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received } from '../harness.ts'

const { app, record, as } = await harness()

const reader = (tenantId: string) => as({ tenantId, permissions: ['audit:read'] })
const read = async (headers: Record<string, string>, query = '') =>
  (await app.inject({ url: `/api/audit-logs${query}`, headers })).json()

const created = (tenantId: string, name: string, given = {}) =>
  received('tenant.created', tenantId, { name, type: 'customer', country: 'GB' }, given)

test('an event becomes one entry, with all that it says and however often it comes', async () => {
  const tenantId = crypto.randomUUID()
  const event = created(tenantId, 'Engines', { before: { name: 'Old' }, after: { name: 'Engines' } })
  await Promise.all(Array.from({ length: 5 }, () => record(event, event)))
  const { data } = await read(await reader(tenantId))
  expect(data).toEqual([
    {
      id: event.envelope.id,
      tenantId,
      occurredAt: event.envelope.time,
      recordedAt: expect.any(String),
      service: 'directory',
      actorType: 'user',
      actorId: event.envelope.actorid,
      action: 'tenant.created',
      resource: 'tenant',
      resourceId: event.envelope.subject.split('/')[1],
      correlationId: 'test-0001',
      sourceIp: '192.0.2.1',
      userAgent: 'test',
      previousState: { name: 'Old' },
      newState: { name: 'Engines' },
      metadata: { name: 'Engines', type: 'customer', country: 'GB' },
      description: null,
      leafIndex: 0,
      erased: false,
    },
  ])
})

test('the log is read newest first and page by page, and no entry of one millisecond is missed', async () => {
  const tenantId = crypto.randomUUID()
  const time = '2026-01-01T00:00:00.123Z'
  const events = Array.from({ length: 7 }, (_, n) => created(tenantId, `tenant ${n}`, { time }))
  await record(...events)
  const headers = await reader(tenantId)
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { data: { id: string }[]; nextCursor: string | null } = await read(
      headers,
      `?limit=3${cursor && `&cursor=${cursor}`}`,
    )
    seen.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect(seen).toEqual(events.map(({ envelope }) => envelope.id).toReversed())
})

test.each([
  ['correlationId=story-0001', 1],
  ['action=tenant.created', 2],
  ['action=tenant.deleted', 0],
  ['from=2026-02-01T00:00:00Z', 1],
  ['to=2026-02-01T00:00:00Z', 1],
  ['from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&action=tenant.created', 1],
  ['search=nant.cre', 2],
  ['search=%25', 0],
  ['search=_', 0],
])('?%s finds %i of two entries', async (query, count) => {
  const tenantId = crypto.randomUUID()
  await record(
    created(tenantId, 'One', { time: '2026-01-01T12:00:00.000Z', correlationId: 'story-0001' }),
    created(tenantId, 'Two', { time: '2026-03-01T12:00:00.000Z' }),
  )
  expect((await read(await reader(tenantId), `?${query}`)).data).toHaveLength(count)
})

test('a tenant reads its own log only; whoever may look past their tenant reads all, or the one asked for', async () => {
  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()]
  await record(created(one, 'One'), created(other, 'Other'))
  expect((await read(await reader(one), `?tenantId=${other}`)).data).toEqual([])
  expect((await read(await reader(one), `?tenantId=${one}`)).data).toHaveLength(1)

  const platform = await as({ permissions: ['audit:read', 'platform:read'] })
  expect((await read(platform, `?tenantId=${other}&action=tenant.created`)).data).toMatchObject([
    { tenantId: other },
  ])
  expect((await read(platform, '?action=tenant.created')).data.length).toBeGreaterThanOrEqual(2)
})

test('D3: who looks past their tenant is seen: in the log of the tenant that they looked at, or of the platform', async () => {
  const [tenantId, administrator] = [crypto.randomUUID(), uuidv7()]
  const event = created(tenantId, 'Engines')
  await record(event)
  const platform = await as({ subject: administrator, permissions: ['audit:read', 'platform:read'] })
  await read(platform, `?tenantId=${tenantId}&search=created`)
  await app.inject({ url: `/api/audit-logs/${event.envelope.id}`, headers: platform })
  await read(platform, '?actorType=user')
  const readings = { actorId: administrator, action: 'audit_log.read', service: 'audit' }
  const ofTenant = await read(await reader(tenantId), '?resource=audit_log')
  expect(ofTenant.data).toMatchObject([
    { ...readings, metadata: { filter: { tenantId, id: event.envelope.id } } },
    { ...readings, metadata: { filter: { tenantId, search: 'created' } } },
  ])
  const ofPlatform = await read(await reader(platformTenantId), `?actorId=${administrator}`)
  expect(ofPlatform.data).toMatchObject([{ ...readings, metadata: { filter: { actorType: 'user' } } }])
})

test('reading one of their own tenant leaves no trace, and one of another tenant is not there', async () => {
  const tenantId = crypto.randomUUID()
  const event = created(tenantId, 'Engines')
  await record(event)
  const url = `/api/audit-logs/${event.envelope.id}`
  expect((await app.inject({ url, headers: await reader(tenantId) })).json()).toMatchObject({ leafIndex: 0 })
  const elsewhere = await app.inject({ url, headers: await reader(crypto.randomUUID()) })
  const nowhere = await app.inject({
    url: `/api/audit-logs/${uuidv7()}`,
    headers: await reader(crypto.randomUUID()),
  })
  expect(elsewhere.json()).toMatchObject({ status: 404, code: 'audit_log.not_found' })
  expect(elsewhere.json().detail).toBe(nowhere.json().detail)
  expect((await read(await reader(tenantId))).data).toHaveLength(1)
})

test('an entry shows what it changed', async () => {
  const tenantId = crypto.randomUUID()
  const before = { name: 'Old', roles: ['a', 'b'], 'a/b~c': 1, gone: true }
  const after = { name: 'New', roles: ['a', 'c', 'd'], 'a/b~c': { deep: null } }
  const event = created(tenantId, 'Engines', { before, after })
  await record(event)
  const url = `/api/audit-logs/${event.envelope.id}`
  const { difference } = (await app.inject({ url, headers: await reader(tenantId) })).json()
  expect(
    difference.toSorted((a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)),
  ).toEqual([
    { path: '/a~1b~0c', before: 1, after: { deep: null } },
    { path: '/gone', before: true, after: null },
    { path: '/name', before: 'Old', after: 'New' },
    { path: '/roles/1', before: 'b', after: 'c' },
    { path: '/roles/2', before: null, after: 'd' },
  ])
})

test("one request's whole story is found by its correlation id, whatever service tells of it", async () => {
  const [tenantId, correlationId] = [crypto.randomUUID(), uuidv7()]
  const userId = uuidv7()
  await record(
    received('user.deactivated', tenantId, { userId }, { correlationId }),
    received('session.ended', tenantId, { userId, reason: 'access_withdrawn' }, { correlationId }),
    created(tenantId, 'something else'),
  )
  const { data, total } = await read(await reader(tenantId), `?correlationId=${correlationId}&page=1`)
  expect(data.map(({ service }: { service: string }) => service).sort()).toEqual(['auth', 'directory'])
  expect(total).toBe(2)
})

test.each([
  '?cursor=abc',
  '?cursor=WyJ4Il0',
  '?limit=101',
  '?page=1001',
  '?from=yesterday',
  '?actor=x',
  '?tenantId=1',
])('X4: %s is refused', async (query) => {
  expect((await read(await reader(uuidv7()), query)).status).toBe(400)
})
