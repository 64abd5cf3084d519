import type { DataMap } from '@gatehouse/db/data-map'

/** Of the tables of this package. */
export const mailData = {
  mails: {
    purpose: 'Sending mail.',
    retention: 'until it is sent, or given up after a day',
    erasure: 'expires',
    subject: [],
    personal: ['sealed'],
    technical: ['id', 'tenant_id', 'attempts', 'next_attempt_at', 'created_at', 'sent_at', 'failed_at'],
  },
} as const satisfies DataMap
