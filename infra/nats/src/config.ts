import { serverSettings } from '@gatehouse/config/server-settings'
import { integer } from '@gatehouse/config/setting'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** Every setting of the provisioner. */
export const Settings = z.object({
  ...natsSettings,
  LOG_LEVEL: serverSettings.LOG_LEVEL,
  /** How many servers keep each message. */
  STREAM_REPLICAS: integer(1, 5).default(1),
  /** How large IDENTITY may grow, in MiB; the three that grow with it take a quarter each. */
  STREAM_MAX_MIB: integer(64, 1_048_576).default(1024),
})
