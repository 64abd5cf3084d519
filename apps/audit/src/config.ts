import { serverSettings } from '@gatehouse/config/server-settings'
import { key, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** What a command of this service needs. */
export const CommandSettings = z.object({
  DATABASE_URL: databaseSettings.DATABASE_URL,
  /** Seals keys in the database; 32 bytes. */
  KEY_ENCRYPTION_KEY: key(),
})

/** Every setting of this service. */
export const Settings = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  ...CommandSettings.shape,
  /** Where auth publishes the keys of its tokens. */
  JWKS_URL: url('http', 'https'),
  /** Where auth is, which is asked about API keys, and about tokens while the revocation feed is stale. */
  AUTH_URL: url('http', 'https'),
  /** What this service proves itself to auth with. */
  SERVICE_SECRET: text(32),
})
