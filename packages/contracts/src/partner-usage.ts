import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { ById } from './identifiers.ts'
import { PastTenant } from './past-tenant.ts'

const Count = z.int().min(0)

/** What a client has called on one day (UTC), and what became of it. */
const UsageOfDay = z.object({
  day: z.iso.date(),
  calls: Count.meta({ description: 'All of them, however they ended.' }),
  answered: Count,
  failed: Count.meta({ description: 'For want of a service behind.' }),
  refused: z.object({
    token: Count.meta({ description: 'For a token that was over or revoked.' }),
    scope: Count.meta({ description: 'For a permission that the token or the client lacks.' }),
    address: Count,
    limit: Count,
    request: Count.meta({ description: 'As malformed.' }),
  }),
  bytesIn: Count.meta({ description: 'As they went over the wire, headers included.' }),
  bytesOut: Count,
  meanMs: z.number(),
  maxMs: z.number(),
  operations: z.record(z.string(), Count).meta({ description: 'How many calls by operation.' }),
})

export const PartnerClientUsage = z
  .object({ from: z.iso.date(), to: z.iso.date(), data: z.array(UsageOfDay) })
  .meta({ id: 'PartnerClientUsage' })
export type PartnerClientUsage = z.infer<typeof PartnerClientUsage>

const maxDays = 92
const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000

export const getPartnerClientUsage = {
  method: 'GET',
  url: '/api/partner/clients/:id/usage',
  config: { access: 'partner-clients:read' },
  schema: {
    operationId: 'getPartnerClientUsage',
    summary: 'Show what an OAuth 2 client has called, by day',
    description: 'Days (UTC) without a call are left out; the last seconds may not be counted yet.',
    tags: ['Partner API'],
    params: ById,
    querystring: z
      .strictObject({
        ...PastTenant.shape,
        from: z.iso
          .date()
          .optional()
          .meta({ description: 'The first day; by default, thirty with the last.' }),
        to: z.iso.date().optional().meta({ description: 'The last day; by default, today.' }),
      })
      .refine(({ from, to }) => from === undefined || to !== undefined, {
        path: ['to'],
        error: 'Must be given together with from',
      })
      .refine(({ from = '', to = '' }) => !(daysBetween(from, to) < 0 || daysBetween(from, to) >= maxDays), {
        path: ['to'],
        error: `Must be from the first day on, and ${maxDays} days at most`,
      }),
    response: { 200: PartnerClientUsage },
  },
} as const satisfies Endpoint
