import { platformTenantId } from '@gatehouse/contracts/principal'
import { v7 as uuidv7 } from 'uuid'
import { expect, test } from 'vitest'
import { toLog } from './denials.ts'
import { harness } from './harness.ts'

test('what audit itself refuses is in the log, under the name of who was refused', async () => {
  const { app, recording, as } = await harness()
  const id = uuidv7()
  await toLog(recording)([
    {
      service: 'audit',
      tenantId: platformTenantId,
      actor: { type: 'user', id },
      aggregate: { id: uuidv7(), version: 1 },
      origin: {
        correlationId: 'test-0001',
        sourceIp: '192.0.2.1',
        userAgent: 'test',
        traceparent: undefined,
      },
      data: {
        status: 403,
        reason: 'auth.forbidden',
        method: 'GET',
        route: '/api/audit-logs',
        permission: 'audit:read',
        count: 3,
        since: new Date().toISOString(),
      },
    },
  ])
  const headers = await as({ permissions: ['audit:read', 'platform:read'] })
  const { data } = (await app.inject({ url: `/api/audit-logs?actorId=${id}`, headers })).json()
  expect(data).toMatchObject([
    { action: 'access.denied', service: 'audit', actorId: id, sourceIp: '192.0.2.1', metadata: { count: 3 } },
  ])
})
