import * as z from 'zod'
import type { EventDeclarations } from './event.ts'

/** Everything that audit tells of. It happens in the log itself, and goes there without a way over NATS. */
export const auditEvents = {
  'audit_log.read': {
    version: 1,
    summary: 'Somebody read the audit log of another tenant than theirs, or of all tenants.',
    person: 'nobody',
    data: z.object({ filter: z.record(z.string(), z.string()) }),
  },
  'audit_log.exported': {
    version: 1,
    summary: 'Somebody took audit entries along as a file.',
    person: 'nobody',
    data: z.object({ format: z.string(), filter: z.record(z.string(), z.string()) }),
  },
  'audit_log.retention_set': {
    version: 1,
    summary: 'Somebody set how long the audit log of a tenant is kept.',
    person: 'nobody',
    data: z.object({ fromDays: z.int().nullable(), toDays: z.int().nullable() }),
  },
  'audit_log.entries_dropped': {
    version: 1,
    summary: 'Entries past the retention of their tenant were dropped; their hashes stay in the ledger.',
    person: 'nobody',
    data: z.object({
      /** So many. */
      entries: z.int(),
      /** From this leaf on none was ever dropped. */
      retainedFrom: z.int(),
      /** How long they were kept. */
      days: z.int(),
    }),
  },
  'audit_log.ledger_begun_again': {
    version: 1,
    summary:
      'A backup was restored, and a part of the ledger that had been signed is gone: it was begun again.',
    person: 'nobody',
    data: z.object({
      /** From 2 on: a part of what its checkpoints are signed as. */
      epoch: z.int(),
      /** So many entries are as they were signed. */
      agreesUpTo: z.int(),
      /** So many had been signed. */
      signedSize: z.int(),
    }),
  },
} as const satisfies EventDeclarations
