import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { actorTypes } from './event.ts'
import { Idempotent } from './http-semantics.ts'
import { ById, Id } from './identifiers.ts'
import { JsonRecord, JsonRecordInput } from './json-record.ts'
import { PageQuery, pageOf } from './lists.ts'
import { line, paragraphs } from './text.ts'
import { Timestamp, TimestampInput } from './time.ts'

const ActorType = z.enum(actorTypes)
const CorrelationId = z.string().regex(/^[A-Za-z0-9-]{8,64}$/)

export const CreateAuditLog = z.strictObject({
  actorId: line(255),
  actorType: ActorType,
  action: line(200),
  resource: line(200),
  resourceId: line(255).optional(),
  tenantId: Id.optional().meta({ description: "Left out: the caller's own." }),
  correlationId: CorrelationId.optional().meta({ description: "Left out: this request's." }),
  previousState: JsonRecordInput.optional(),
  newState: JsonRecordInput.optional(),
  metadata: JsonRecordInput.optional(),
  description: paragraphs(2000).optional(),
})
export type CreateAuditLog = z.infer<typeof CreateAuditLog>

/** One thing that somebody did, or tried to. */
export const AuditEntry = z
  .object({
    id: Id,
    actorId: z.string(),
    actorType: ActorType,
    action: z.string().meta({ examples: ['user.registered'] }),
    resource: z.string(),
    resourceId: z.string().nullable(),
    tenantId: Id,
    correlationId: z.string().nullable(),
    previousState: JsonRecord.nullable(),
    newState: JsonRecord.nullable(),
    metadata: JsonRecord.nullable(),
    description: z.string().nullable(),
    occurredAt: Timestamp,
    recordedAt: Timestamp,
    service: z.string().meta({ description: 'The service that it happened in.' }),
    sourceIp: z.string().nullable(),
    userAgent: z.string().nullable(),
    leafIndex: z.int().min(0).meta({ description: "Its place in the tenant's ledger, from 0." }),
    erased: z.boolean().meta({
      description:
        'Whether personal data of it was erased: what it says no more is null, its place is proven still.',
    }),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

/** What entries can be narrowed by; each further filter narrows on. */
const AuditFilter = {
  actorId: line(255).optional(),
  actorType: ActorType.optional(),
  action: line(200).optional(),
  resource: line(200).optional(),
  resourceId: line(255).optional(),
  tenantId: Id.optional().meta({ description: 'Another tenant than your own needs `platform:read`.' }),
  correlationId: CorrelationId.optional(),
  from: TimestampInput.optional().meta({ description: 'Not before.' }),
  to: TimestampInput.optional().meta({ description: 'Before.' }),
  search: line(200).optional().meta({ description: 'Part of the action or the resource.' }),
}

export const listAuditLogs = {
  method: 'GET',
  url: '/api/audit-logs',
  config: { access: 'audit:read', partner: true },
  schema: {
    operationId: 'listAuditLogs',
    summary: 'List what was done, newest first',
    description:
      'All tenants together for who holds `platform:read` and names none; reading past the own tenant is itself recorded. `total` counts to 100,000.',
    tags: ['Audit logs'],
    querystring: PageQuery.safeExtend(AuditFilter),
    response: { 200: pageOf(AuditEntry) },
  },
} as const satisfies Endpoint

/** A value that a change put in place of another; null where there was none or is none. */
const Difference = z.object({
  path: z.string().meta({ description: 'A JSON pointer (RFC 6901).', examples: ['/roles/0'] }),
  before: z.unknown(),
  after: z.unknown(),
})

export const AuditEntryDetail = AuditEntry.extend({
  difference: z.array(Difference).meta({ description: 'From `previousState` to `newState`.' }),
  sent: z.string().nullable().meta({
    description:
      'The body of the request that wrote it, to the byte as the service sent it. Null where no request did, where a secret was in it, or where it was erased.',
  }),
}).meta({ id: 'AuditEntryDetail' })
export type AuditEntryDetail = z.infer<typeof AuditEntryDetail>

export const getAuditLog = {
  method: 'GET',
  url: '/api/audit-logs/:id',
  config: { access: 'audit:read', partner: true },
  schema: {
    operationId: 'getAuditLog',
    summary: 'Get an audit entry, and what it changed',
    description: 'Reading one of another tenant needs `platform:read`, and is itself recorded.',
    tags: ['Audit logs'],
    params: ById,
    response: { 200: AuditEntryDetail },
  },
} as const satisfies Endpoint

export const createAuditLog = {
  method: 'POST',
  url: '/api/audit-logs',
  config: { access: 'audit:write', kinds: ['service'] },
  schema: {
    operationId: 'createAuditLog',
    summary: 'Write an audit entry (services only)',
    description:
      'For what no event tells of. It is in the log, and in the ledger of its tenant, when the answer comes. A service writes as itself: an actor of type `service` or `system` goes by its own name, and an action that another service tells of by events is not its to write. Ids are kept in the clear and for good: send none that says who somebody is.',
    tags: ['Audit logs'],
    headers: Idempotent,
    body: CreateAuditLog,
    response: { 201: AuditEntry },
  },
} as const satisfies Endpoint

export const exportFormats = ['ndjson', 'csv'] as const

export const exportAuditLogs = {
  method: 'GET',
  url: '/api/audit-logs/export',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'exportAuditLogs',
    summary: 'Export audit entries as a file',
    description:
      'NDJSON of one tenant without a filter is its whole ledger up to the newest checkpoint, in its order, with all that `gatehouse-verify` needs to prove it offline. With a filter, over all tenants, or as CSV: the entries as the list shows them, newest first. That it was exported is itself recorded.',
    tags: ['Audit logs'],
    querystring: z.strictObject({ ...AuditFilter, format: z.enum(exportFormats).default('ndjson') }),
    response: { 200: z.any().meta({ description: '`application/x-ndjson` or `text/csv`, streamed.' }) },
  },
} as const satisfies Endpoint
