import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { Id } from './identifiers.ts'

const days = z.int().min(1).max(36_500).nullable()

/** How long the entries of a tenant are kept. */
export const AuditRetention = z
  .object({
    days: days.meta({
      description: 'What the tenant has set; null: as long as the installation keeps entries.',
    }),
    inForceDays: days.meta({
      description:
        'What entries are dropped by now; null: none is. A shorter time holds a week after it was set.',
    }),
    leastDays: z.int().meta({ description: 'The least that can be set here.' }),
    mostDays: z.int().nullable().meta({ description: 'The most that can be set here.' }),
  })
  .meta({ id: 'AuditRetention' })
export type AuditRetention = z.infer<typeof AuditRetention>

const OfTenant = {
  tenantId: Id.optional().meta({
    description: 'Another tenant than your own needs the permission of the platform.',
  }),
}

export const getAuditRetention = {
  method: 'GET',
  url: '/api/audit-logs/retention',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'getAuditRetention',
    summary: "Get how long the tenant's audit log is kept",
    tags: ['Audit logs'],
    querystring: z.strictObject(OfTenant),
    response: { 200: AuditRetention },
  },
} as const satisfies Endpoint

export const setAuditRetention = {
  method: 'PATCH',
  url: '/api/audit-logs/retention',
  config: { access: 'tenants:write' },
  schema: {
    operationId: 'setAuditRetention',
    summary: "Set how long the tenant's audit log is kept",
    description:
      'Older entries are dropped; their hashes stay, so that what is left, and all that was, still verifies. A longer time holds at once, a shorter one a week after it was set, so that whoever takes over an account destroys nothing before that is seen. That it was set is itself recorded.',
    tags: ['Audit logs'],
    querystring: z.strictObject(OfTenant),
    body: z.strictObject({ days }),
    response: { 200: AuditRetention },
  },
} as const satisfies Endpoint
