import type { DataMap } from '@gatehouse/db/data-map'

/** Of the tables of this package. */
export const eventData = {
  outbox: {
    purpose: 'Telling other services, and the audit log, what happened.',
    retention: '7 days after it was sent',
    erasure: 'deleted',
    subject: [],
    personal: ['payload'],
    technical: [
      'event_id',
      'position',
      'subject',
      'tenant_id',
      'aggregate_type',
      'aggregate_id',
      'aggregate_version',
      'occurred_at',
      'sent_at',
    ],
  },
  reconciliation: { technical: ['only_row', 'confirmed_until', 'swept_at'] },
} as const satisfies DataMap
