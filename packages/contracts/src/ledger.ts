import * as z from 'zod'
import type { Endpoint } from './endpoint.ts'
import { ById, Id } from './identifiers.ts'
import { PageQuery, pageOf } from './lists.ts'
import { Timestamp } from './time.ts'

const OfTenant = {
  tenantId: Id.optional().meta({ description: 'Another tenant than your own needs `platform:read`.' }),
}

const size = z.coerce.number<number | string>().int().min(0).max(Number.MAX_SAFE_INTEGER)

const Hash = z.base64().meta({ description: '32 bytes (SHA-256)' })

/** A signed statement of how the ledger of a tenant looked when it had so many entries. */
export const Checkpoint = z
  .object({
    size: z.int().min(0).meta({ description: 'How many entries it covers.' }),
    root: Hash,
    note: z.string().meta({ description: 'The checkpoint itself, a C2SP signed note: keep this one.' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Checkpoint' })

export const getCheckpoint = {
  method: 'GET',
  url: '/api/audit-logs/checkpoint',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'getCheckpoint',
    summary: "Get the newest signed checkpoint of the tenant's ledger",
    description:
      'text/plain, as https://c2sp.org/tlog-checkpoint has it. Whoever keeps one can prove later whether anything before it was changed.',
    tags: ['Audit ledger'],
    querystring: z.strictObject(OfTenant),
    response: { 200: z.string() },
  },
} as const satisfies Endpoint

export const listCheckpoints = {
  method: 'GET',
  url: '/api/audit-logs/checkpoints',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'listCheckpoints',
    summary: "List the checkpoints of the tenant's ledger, newest first",
    tags: ['Audit ledger'],
    querystring: PageQuery.safeExtend(OfTenant),
    response: { 200: pageOf(Checkpoint) },
  },
} as const satisfies Endpoint

export const listCheckpointKeys = {
  method: 'GET',
  url: '/api/audit-logs/keys',
  config: { access: 'public' },
  schema: {
    operationId: 'listCheckpointKeys',
    summary: 'Get the public keys that checkpoints are signed with',
    description:
      'text/plain, a C2SP verifier key a line. Every ledger of this installation has the same ones; keep them where the installation cannot change them.',
    tags: ['Audit ledger'],
    response: { 200: z.string() },
  },
} as const satisfies Endpoint

export const getInclusionProof = {
  method: 'GET',
  url: '/api/audit-logs/:id/proof',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'getInclusionProof',
    summary: 'Prove that an entry is in the ledger',
    description:
      'text/plain, as https://c2sp.org/tlog-proof has it: the bytes of the leaf, its path to the root, and a signed checkpoint with that root.',
    tags: ['Audit ledger'],
    params: ById,
    response: { 200: z.string() },
  },
} as const satisfies Endpoint

export const ConsistencyProof = z
  .object({
    from: z.int().min(0),
    to: z.int().min(0),
    fromRoot: Hash,
    toRoot: Hash,
    proof: z.array(Hash).meta({ description: 'As RFC 9162, section 2.1.4, has them.' }),
  })
  .meta({ id: 'ConsistencyProof' })

export const getConsistencyProof = {
  method: 'GET',
  url: '/api/audit-logs/consistency',
  config: { access: 'audit:read' },
  schema: {
    operationId: 'getConsistencyProof',
    summary: 'Prove that the ledger only grew between two sizes',
    tags: ['Audit ledger'],
    querystring: z.strictObject({
      ...OfTenant,
      from: size.meta({ description: 'The size of the earlier checkpoint.' }),
      to: size.optional().meta({ description: 'The size of the later one. Left out: the newest.' }),
    }),
    response: { 200: ConsistencyProof },
  },
} as const satisfies Endpoint
