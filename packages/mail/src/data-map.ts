import type { DataMap } from '@gatehouse/db/data-map'

/** Of the tables of this package. */
export const mailData = {
  mails: {
    purpose: 'Sending mail, which is sealed until then.',
    retention: 'until it is sent, or given up after a day; that there was one, a week',
    erasure: 'deleted',
    subject: ['subject_id'],
    personal: ['created_at', 'sent_at', 'failed_at'],
    secret: ['sealed'],
    technical: ['id', 'tenant_id', 'attempts', 'next_attempt_at'],
  },
} as const satisfies DataMap
