import { serverSettings } from '@gatehouse/config/server-settings'
import { durationMs, keys, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** Every setting of this service. */
export const Settings = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  /** Seals private keys in the database: 32 bytes, or several keys, the one that seals first. */
  KEY_ENCRYPTION_KEY: keys(),
  /** For how long a key signs partners' tokens before the next one takes over. */
  KEY_ROTATION: durationMs()
    .refine((ms) => ms >= 3_600_000, 'must be 1h or more')
    .default(30 * 86_400_000),
  /** Where auth publishes the keys of its tokens. */
  JWKS_URL: url('http', 'https'),
  /** Where auth is, which is asked about API keys, and about tokens while the revocation feed is stale. */
  AUTH_URL: url('http', 'https'),
  /** What this service proves itself to auth with. */
  SERVICE_SECRET: text(32),
  DIRECTORY_URL: url('http', 'https'),
  /** Where audit is, which is asked what it has not got of the events that were sent. */
  AUDIT_URL: url('http', 'https'),
  /** By when a service behind the partner API must have begun its answer, and go on with it. */
  UPSTREAM_TIMEOUT: durationMs().default(10_000),
  /** How often audit is asked. */
  RECONCILE_EVERY: durationMs().default(3_600_000),
})
