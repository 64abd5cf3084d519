import { serverSettings } from '@gatehouse/config/server-settings'
import { durationMs, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** Every setting of this service. */
export const Settings = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  /** Where auth publishes the keys of its tokens. */
  JWKS_URL: url('http', 'https'),
  /** Where auth is, which is asked about API keys, and about tokens while the revocation feed is stale. */
  AUTH_URL: url('http', 'https'),
  /** What this service proves itself to auth with. */
  SERVICE_SECRET: text(32),
  DIRECTORY_URL: url('http', 'https'),
  /** Where audit is, which is asked what it has not got of the events that were sent. */
  AUDIT_URL: url('http', 'https'),
  /** How often audit is asked. */
  RECONCILE_EVERY: durationMs().default(3_600_000),
})
