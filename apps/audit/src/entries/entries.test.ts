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
  expect((await read(platform, `?tenantId=${other}`)).data).toMatchObject([{ tenantId: other }])
  expect((await read(platform)).data.length).toBeGreaterThanOrEqual(2)
})
