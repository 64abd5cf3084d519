import { serverSettings } from '@gatehouse/config/server-settings'
import { durationMs, keys, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import { mailSettings } from '@gatehouse/mail/settings'
import * as z from 'zod'

/** Every setting of this service. */
export const Settings = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  /** Where auth publishes the keys of its tokens. */
  JWKS_URL: url('http', 'https'),
  /** How long a deleted tenant can be restored, before it is gone for good. */
  TENANT_GRACE: durationMs().default(30 * 86_400_000),
  /** How long somebody who asked to be erased can change their mind. */
  ERASURE_GRACE: durationMs().default(7 * 86_400_000),
  /** Seals mail until it is sent: 32 bytes, or several keys, the one that seals first. */
  KEY_ENCRYPTION_KEY: keys(),
  /** The base URL of the front end, which links in mails lead to. */
  LINKS_URL: url('http', 'https'),
  ...mailSettings,
  /** Where auth is, which is asked about API keys, and about tokens while the revocation feed is stale. */
  AUTH_URL: url('http', 'https'),
  /** Where audit is, which is asked what it has not got of the events that were sent. */
  AUDIT_URL: url('http', 'https'),
  /** Where the partner gateway is, which is asked for what it holds on people, and to erase it. */
  PARTNER_GATEWAY_URL: url('http', 'https'),
  /** How often audit is asked. */
  RECONCILE_EVERY: durationMs().default(3_600_000),
  /** What this service proves itself to auth with. */
  SERVICE_SECRET: text(32),
})
