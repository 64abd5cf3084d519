import { Readable } from 'node:stream'
import { readInTenant } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { harness, received } from '../harness.ts'
import type { View } from '../viewing.ts'
import { exportEntries } from './export-entries.ts'

const { app, db, keys, record, as } = await harness()

const created = (tenantId: string, name: string, given = {}) =>
  received('tenant.created', tenantId, { name, type: 'customer', country: 'GB' }, given)
const exported = async (tenantId: string, query: string) => {
  const headers = await as({ tenantId, permissions: ['audit:read'] })
  return app.inject({ url: `/api/audit-logs/export?${query}`, headers })
}

test('a filtered export is the list, all of it, newest first', async () => {
  const tenantId = crypto.randomUUID()
  const events = Array.from({ length: 1_203 }, (_, n) => created(tenantId, `${n}`))
  for (const from of [0, 500, 1_000]) await record(...events.slice(from, from + 500))
  const answer = await exported(tenantId, 'action=tenant.created')
  expect(answer.headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    'content-disposition': 'attachment; filename="audit-log.ndjson"',
  })
  const ids = answer.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)
  const newest = events.toSorted((a, b) => (key(a) < key(b) ? 1 : -1)).map(({ envelope }) => envelope.id)
  expect(ids).toEqual(newest)
})
const key = ({ envelope }: ReturnType<typeof created>) => envelope.time + envelope.id

test('as CSV every cell is text, and none is a formula', async () => {
  const tenantId = crypto.randomUUID()
  const service = await as({ kind: 'service', subject: 'billing', tenantId, permissions: ['audit:write'] })
  const formula = {
    actorId: '=HYPERLINK("http://x","y")',
    actorType: 'user',
    action: '+1',
    resource: '@SUM(1)',
  }
  await app.inject({
    method: 'POST',
    url: '/api/audit-logs',
    headers: service,
    payload: { ...formula, resourceId: '-2', description: 'a "b",\nc', metadata: { a: 1 } },
  })
  const { headers, body } = await exported(tenantId, 'format=csv')
  expect(headers['content-type']).toBe('text/csv; charset=utf-8')
  const [head, ...rows] = body.split('\n')
  expect(head).toContain('id,tenantId,leafIndex,occurredAt,')
  const entry = rows.join('\n')
  for (const cell of [
    `"'=HYPERLINK(""http://x"",""y"")"`,
    `,'+1,'@SUM(1),'-2,`,
    '"{""a"":1}"',
    '"a ""b"",\nc"',
  ])
    expect(entry).toContain(cell)
})

test('D3: what is exported is confined to the tenant, and recorded in its log', async () => {
  const [tenantId, other] = [crypto.randomUUID(), crypto.randomUUID()]
  await record(created(tenantId, 'One'), created(other, 'Other'))
  const { body } = await exported(tenantId, 'actorType=user&format=csv')
  expect(body).toContain(tenantId)
  expect(body).not.toContain(other)
  expect((await exported(tenantId, `tenantId=${other}`)).statusCode).toBe(404)
  const platform = await as({ permissions: ['audit:read', 'platform:read'] })
  await app.inject({ url: `/api/audit-logs/export?tenantId=${other}&format=csv`, headers: platform })
  const reader = await as({ tenantId: other, permissions: ['audit:read'] })
  const { data } = (await app.inject({ url: '/api/audit-logs?resource=audit_log', headers: reader })).json()
  expect(data).toMatchObject([
    { action: 'audit_log.exported', metadata: { format: 'csv', filter: { tenantId: other } } },
  ])
})

test('an export reads on only as it is taken, and no more once nobody takes it', async () => {
  const tenantId = uuidv7()
  for (let n = 0; n < 4; n++) await record(...Array.from({ length: 500 }, () => created(tenantId, `${n}`)))
  let reads = 0
  const view: View = {
    tenantId,
    read: (work) => {
      reads += 1
      return readInTenant(db, tenantId, work)
    },
  }
  const lines = exportEntries(keys, view, {}, 'ndjson')
  const stream = Readable.from(lines, { highWaterMark: 1 })
  for await (const some of stream) {
    expect(String(some).split('\n')).toHaveLength(501)
    break
  }
  expect(stream.destroyed).toBe(true)
  expect(await lines.next()).toEqual({ done: true, value: undefined })
  expect(reads).toBeLessThanOrEqual(2)
})
