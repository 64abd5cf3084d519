import { serverSettings } from '@gatehouse/config/server-settings'
import { url } from '@gatehouse/config/setting'
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
  AUTH_URL: url('http', 'https'),
  DIRECTORY_URL: url('http', 'https'),
  AUDIT_URL: url('http', 'https'),
})
