import { type DataMap, idempotencyData } from '@gatehouse/db/data-map'

/** What audit holds on people. */
export const dataMap = {
  entries: {
    purpose: 'Proving who did what, and when.',
    retention: 'as long as the tenant, or the installation, has it kept',
    erasure: 'key destroyed',
    subject: ['actor_id', 'resource_id', 'origin_subject', 'details_subject'],
    personal: [
      'tenant_id',
      'occurred_at',
      'service',
      'actor_type',
      'action',
      'resource',
      'correlation_id',
      'origin_sealed',
      'details_sealed',
    ],
    technical: ['id', 'leaf_index', 'recorded_at', 'sequence', 'origin_commitment', 'details_commitment'],
  },
  subject_keys: {
    purpose: 'Sealing what is personal of somebody so that it can be destroyed.',
    retention: 'until the person is erased; that they were stays',
    erasure: 'key destroyed',
    subject: ['subject_id'],
    personal: ['created_at', 'forgotten_at'],
    secret: ['sealed_key'],
  },
  dead_letters: {
    purpose: 'Recording later what could not be recorded when it came.',
    retention: 'until it is recorded',
    erasure: 'expires',
    subject: [],
    personal: ['sealed_body'],
    technical: ['id', 'subject', 'reason', 'laid_aside_at', 'replayed_at'],
  },
  message_remnants: { technical: ['sequence', 'event_id', 'noted_at'] },
  outbox_remnants: { technical: ['service', 'event_id'] },
  actions: { technical: ['tenant_id', 'action', 'resource'] },
  retentions: { technical: ['id', 'tenant_id', 'days', 'set_at'] },
  trees: { technical: ['tenant_id', 'size', 'frontier', 'signed_size', 'retained_from'] },
  tiles: { technical: ['tenant_id', 'level', 'index', 'start', 'hashes'] },
  checkpoints: { technical: ['tenant_id', 'size', 'root', 'note', 'created_at'] },
  checkpoint_keys: { secret: ['sealed_key'], technical: ['name', 'created_at', 'signs_until'] },
  ...idempotencyData,
} as const satisfies DataMap
