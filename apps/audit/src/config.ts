import { serverSettings } from '@gatehouse/config/server-settings'
import { durationMs, keys, text, url } from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import * as z from 'zod'

/** In whole days; less than thirty the database doesn't know. */
const days = () =>
  durationMs()
    .transform((ms) => ms / 86_400_000)
    .refine((count) => Number.isInteger(count) && count >= 30 && count <= 36_500, 'must be 30d or more')

/** What ledgers go by, and the keys of their checkpoints: where the platform is. */
export const ledgerNameOf = (issuer: string) => `${new URL(issuer).host}/audit`

/** What a command of this service needs. */
export const CommandSettings = z.object({
  DATABASE_URL: databaseSettings.DATABASE_URL,
  /** Seals keys in the database: 32 bytes, or several keys, the one that seals first. */
  KEY_ENCRYPTION_KEY: keys(),
})

/** What the command that changes the key of checkpoints needs. */
export const RotationSettings = CommandSettings.extend({
  ISSUER: serverSettings.ISSUER,
  /** How long the old key signs beside the new one, so that whoever verifies has time to learn of it. */
  CHECKPOINT_KEY_OVERLAP: durationMs().default(30 * 86_400_000),
})

/** What the commands that verify ledgers, and begin them again, need. */
export const LedgerSettings = CommandSettings.extend({ ISSUER: serverSettings.ISSUER, ...natsSettings })

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
  /** How long entries are kept of tenants that say nothing else; without it, for good. */
  AUDIT_RETENTION: days().optional(),
  /** What a tenant may set at least. */
  AUDIT_RETENTION_MIN: days().default(90),
  /** What a tenant may set at most. */
  AUDIT_RETENTION_MAX: days().optional(),
})
