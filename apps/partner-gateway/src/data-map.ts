import { type DataMap, idempotencyData } from '@gatehouse/db/data-map'
import { eventData } from '@gatehouse/events/data-map'
import { keyData } from '@gatehouse/keys/data-map'
import { throttleData } from '@gatehouse/throttle/data-map'

/** What the partner gateway holds on people: nothing but what it tells of them to others. */
export const dataMap = {
  oauth_clients: {
    technical: [
      'id',
      'tenant_id',
      'client_id',
      'name',
      'scopes',
      'rate_limit_per_minute',
      'allowed_ips',
      'version',
      'created_at',
      'updated_at',
      'last_used_at',
      'revoked_at',
    ],
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
  },
  quota_windows: { technical: ['client_id', 'tenant_id', 'window_start', 'granted', 'taken'] },
  ...keyData,
  ...throttleData,
  ...idempotencyData,
  ...eventData,
} as const satisfies DataMap
