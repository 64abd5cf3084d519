import { serverSettings } from '@gatehouse/config/server-settings'
import { integer, key, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** Every setting of this service. */
export const Settings = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  DIRECTORY_URL: url('http', 'https'),
  /** Seals private keys in the database; 32 bytes. */
  KEY_ENCRYPTION_KEY: key(),
  /** Goes into every password's hash, and is not in the database; 32 bytes. */
  PASSWORD_PEPPER: key(),
  /** log2 of bcrypt's rounds. */
  BCRYPT_COST: integer(10, 16).default(12),
  /** A JSON file with the first administrator and the service accounts, to be made if they are not there. */
  BOOTSTRAP_FILE: text().optional(),
})
