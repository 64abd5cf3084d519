import * as z from 'zod'
import type { EventDeclarations } from './event.ts'

/** Everything that the directory tells of. */
export const directoryEvents = {
  'user.registered': {
    version: 1,
    person: 'aggregate',
    summary: 'A person registered.',
    data: z.object({ email: z.string(), firstName: z.string(), lastName: z.string(), tenantId: z.uuid() }),
  },
  'tenant.created': {
    version: 1,
    person: 'nobody',
    summary: 'A tenant was created.',
    data: z.object({ name: z.string(), type: z.string(), country: z.string().nullable() }),
  },
  'tenant.updated': {
    version: 1,
    person: 'nobody',
    summary: 'A tenant was changed.',
    data: z.object({ name: z.string() }),
  },
  'tenant.settings_updated': {
    version: 1,
    person: 'nobody',
    summary: 'The settings of a tenant were changed.',
    data: z.object({ changed: z.array(z.string()) }),
  },
  'tenant.suspended': {
    version: 1,
    person: 'nobody',
    summary: 'A tenant was suspended, and everything in it is refused.',
    data: z.object({ name: z.string() }),
  },
  'tenant.reactivated': {
    version: 1,
    person: 'nobody',
    summary: 'A suspended tenant was let in again.',
    data: z.object({ name: z.string() }),
  },
  'tenant.deleted': {
    version: 1,
    person: 'nobody',
    summary: 'A tenant was deleted; it can be restored for a time.',
    data: z.object({ name: z.string() }),
  },
  'tenant.restored': {
    version: 1,
    person: 'nobody',
    summary: 'A deleted tenant was restored.',
    data: z.object({ name: z.string() }),
  },
  'tenant.purged': {
    version: 1,
    person: 'nobody',
    summary: 'A deleted tenant is gone for good, with everything in it.',
    data: z.object({ members: z.int() }),
  },
  'invite.created': {
    version: 1,
    person: 'aggregate',
    summary: 'Somebody was invited into a tenant.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.resent': {
    version: 1,
    person: 'aggregate',
    summary: 'An invite was sent again, and the one before is void.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.revoked': {
    version: 1,
    person: 'aggregate',
    summary: 'An invite was revoked.',
    data: z.object({ email: z.string(), role: z.string() }),
  },
  'invite.accepted': {
    version: 1,
    person: 'userId',
    summary: 'A person joined a tenant that they were invited into.',
    data: z.object({ userId: z.uuid(), role: z.string() }),
  },
  'role.created': {
    version: 1,
    person: 'nobody',
    summary: 'A role was created.',
    data: z.object({ name: z.string() }),
  },
  'role.updated': {
    version: 1,
    person: 'nobody',
    summary: 'A role was changed.',
    data: z.object({ name: z.string() }),
  },
  'role.deleted': {
    version: 1,
    person: 'nobody',
    summary: 'A role was deleted.',
    data: z.object({ name: z.string() }),
  },
  'role.assigned': {
    version: 1,
    person: 'userId',
    summary: 'A person was given roles.',
    data: z.object({ userId: z.uuid(), roles: z.array(z.string()) }),
  },
  'role.removed': {
    version: 1,
    person: 'userId',
    summary: 'Roles were taken away from a person.',
    data: z.object({ userId: z.uuid(), roles: z.array(z.string()) }),
  },
  'user.updated': {
    version: 1,
    person: 'userId',
    summary: 'The name, address, status or roles of a person were changed.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.deactivated': {
    version: 1,
    person: 'userId',
    summary: 'A person was suspended in a tenant.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.reactivated': {
    version: 1,
    person: 'userId',
    summary: 'A suspended person was let into a tenant again.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.suspended': {
    version: 1,
    person: 'userId',
    summary: 'A person was suspended on the whole platform.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.reinstated': {
    version: 1,
    person: 'userId',
    summary: 'A person who was suspended on the whole platform was let in again.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.deleted': {
    version: 1,
    person: 'userId',
    summary: 'A person was deleted, and with them everything that is theirs.',
    data: z.object({ userId: z.uuid() }),
  },
  'user.email_change_requested': {
    version: 1,
    person: 'userId',
    summary: 'A person is to have another e-mail address, once it confirms.',
    data: z.object({ userId: z.uuid(), email: z.string() }),
  },
  'user.email_changed': {
    version: 1,
    person: 'userId',
    summary: 'A person has another e-mail address.',
    data: z.object({ userId: z.uuid() }),
  },
  'membership.removed': {
    version: 1,
    person: 'userId',
    summary: 'A person left a tenant, or was removed from it.',
    data: z.object({ userId: z.uuid(), by: z.enum(['themselves', 'administrator']) }),
  },
  'privacy.exported': {
    version: 1,
    person: 'userId',
    summary: 'A person was given everything that the platform holds on them.',
    data: z.object({ userId: z.uuid() }),
  },
  'privacy.erasure_requested': {
    version: 1,
    person: 'userId',
    summary: 'A person asked to be erased, and was signed out.',
    data: z.object({ userId: z.uuid(), scheduledFor: z.string() }),
  },
  'privacy.erasure_cancelled': {
    version: 1,
    person: 'userId',
    summary: 'A person who had asked to be erased changed their mind.',
    data: z.object({ userId: z.uuid() }),
  },
  'privacy.erased': {
    version: 2,
    person: 'nobody',
    summary:
      'Every service has erased what it held on a person: the receipt, which says nothing of who they were.',
    data: z.object({
      requestedAt: z.string(),
      // The log keeps nothing under a name such as `credentials`: tables are values here.
      receipts: z.array(
        z.object({
          service: z.string(),
          erasedAt: z.string(),
          erased: z.array(z.object({ table: z.string(), rows: z.int() })),
        }),
      ),
    }),
  },
  'consent.recorded': {
    version: 1,
    person: 'userId',
    summary: 'A person gave or withdrew consent.',
    data: z.object({
      userId: z.uuid(),
      consentType: z.string(),
      granted: z.boolean(),
      version: z.int().nullable(),
    }),
  },
  'consent_text.published': {
    version: 1,
    person: 'nobody',
    summary: 'A tenant published a new version of what people are asked to consent to.',
    data: z.object({ consentType: z.string(), version: z.int(), locales: z.array(z.string()) }),
  },
  'user.email_verified': {
    version: 1,
    person: 'aggregate',
    summary: 'A person proved that their e-mail address is theirs.',
    data: z.object({ email: z.string() }),
  },
} as const satisfies EventDeclarations
