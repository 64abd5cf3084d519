import { serverSettings } from '@gatehouse/config/server-settings'
import {
  boolean,
  durationMs,
  integer,
  key,
  keys,
  networks,
  oneOf,
  text,
  url,
} from '@gatehouse/config/setting'
import { databaseSettings } from '@gatehouse/db/settings'
import { natsSettings } from '@gatehouse/events/settings'
import { mailSettings } from '@gatehouse/mail/settings'
import * as z from 'zod'
import { socialLoginSettings } from './social-login-settings.ts'

const Variables = z.object({
  ...serverSettings,
  ...databaseSettings,
  ...natsSettings,
  ...mailSettings,
  DIRECTORY_URL: url('http', 'https'),
  /** Where audit is, which is asked what it has not got of the events that were sent. */
  AUDIT_URL: url('http', 'https'),
  /** How often audit is asked. */
  RECONCILE_EVERY: durationMs().default(3_600_000),
  /** Seals private keys in the database: 32 bytes, or several keys, the one that seals first. */
  KEY_ENCRYPTION_KEY: keys(),
  /** For how long a key signs access tokens before the next one takes over. */
  KEY_ROTATION: durationMs()
    .refine((ms) => ms >= 3_600_000, 'must be 1h or more')
    .default(30 * 86_400_000),
  /** From where services may ask for tokens; without it, from anywhere. */
  SERVICE_TOKEN_NETWORKS: networks().optional(),
  /** The `iss` of the partner gateway's own tokens, which may be exchanged, and where its keys are. */
  PARTNER_ISSUER: url('http', 'https').optional(),
  PARTNER_JWKS_URL: url('http', 'https').optional(),
  /** Where the partner gateway is, which is asked about partners' tokens while the revocation feed is stale. */
  PARTNER_GATEWAY_URL: url('http', 'https').optional(),
  /** Goes into every password's hash, and is not in the database; 32 bytes. */
  PASSWORD_PEPPER: key(),
  /** The pepper before this one: passwords hashed under it still count, and get a new hash when they are next used. */
  PASSWORD_PEPPER_PREVIOUS: key().optional(),
  /** log2 of bcrypt's rounds. */
  BCRYPT_COST: integer(10, 16).default(12),
  /** How long a session lives at most, and how long while it is not used. */
  SESSION_LIFE: durationMs().default(30 * 86_400_000),
  SESSION_IDLE_LIFE: durationMs().default(7 * 86_400_000),
  /** How long a spent refresh token still answers its successor, to a client that has missed it. */
  REFRESH_GRACE: durationMs().default(10_000),
  /** The front end that links in mails lead to. */
  LINKS_URL: url('http', 'https'),
  /** Who may register: anybody, whoever was invited, or nobody. */
  REGISTRATION: oneOf('open', 'invite', 'closed').default('open'),
  /** Whether an e-mail address has to be proven before its owner can sign in. */
  EMAIL_VERIFICATION: oneOf('optional', 'required').default('optional'),
  /** Whether somebody who registers hears that the address is taken; if not, only its owner does, by mail. */
  REGISTER_DISCLOSES_TAKEN_EMAIL: boolean().default(true),
  ...socialLoginSettings,
  /** A JSON file with the first administrator and the service accounts, to be made if they are not there. */
  BOOTSTRAP_FILE: text().optional(),
})

/** What the command that makes the first administrator needs of them. */
export const BootstrapSettings = Variables.pick({
  DATABASE_URL: true,
  KEY_ENCRYPTION_KEY: true,
  KEY_ROTATION: true,
  ISSUER: true,
  DIRECTORY_URL: true,
  PASSWORD_PEPPER: true,
  BCRYPT_COST: true,
})

/** Every setting of this service. */
export const Settings = Variables.refine(
  ({ PARTNER_ISSUER, PARTNER_JWKS_URL }) => !PARTNER_ISSUER === !PARTNER_JWKS_URL,
  { path: ['PARTNER_JWKS_URL'], error: 'must be set together with PARTNER_ISSUER' },
)
  // Who is let in at once learns from the answer whether the address was free.
  .refine(
    ({ REGISTER_DISCLOSES_TAKEN_EMAIL, EMAIL_VERIFICATION }) =>
      REGISTER_DISCLOSES_TAKEN_EMAIL || EMAIL_VERIFICATION === 'required',
    { path: ['REGISTER_DISCLOSES_TAKEN_EMAIL'], error: 'must be true, or EMAIL_VERIFICATION required' },
  )
