import { type DataMap, erasureData, idempotencyData } from '@gatehouse/db/data-map'
import { eventData } from '@gatehouse/events/data-map'
import { keyData } from '@gatehouse/keys/data-map'
import { throttleData } from '@gatehouse/throttle/data-map'

/** What the partner gateway holds on people. */
export const dataMap = {
  oauth_clients: {
    purpose: 'Letting partners of a tenant in, and knowing who let them.',
    retention: 'while the tenant keeps it',
    erasure: 'blanked',
    subject: ['created_by'],
    personal: ['tenant_id', 'client_id', 'name', 'scopes', 'created_at', 'revoked_at'],
    technical: ['id', 'rate_limit_per_minute', 'allowed_ips', 'version', 'updated_at', 'last_used_at'],
    // It is the tenant's: of the person there is only that they made it.
    blanks: { created_by: 'null' },
  },
  client_secrets: {
    secret: ['digest'],
    technical: ['id', 'last_four', 'tenant_id', 'client_id', 'created_at', 'last_used_at', 'expires_at'],
  },
  client_usage: {
    technical: [
      'tenant_id',
      'client_id',
      'day',
      'operation',
      'outcome',
      'calls',
      'bytes_in',
      'bytes_out',
      'ms_total',
      'ms_max',
    ],
    expires: { after: 'day', days: 400 },
  },
  erasures: erasureData,
  quota_windows: { technical: ['client_id', 'tenant_id', 'window_start', 'granted', 'taken'] },
  ...keyData,
  ...throttleData,
  ...idempotencyData,
  ...eventData,
} as const satisfies DataMap
