import type { SealedColumn } from '@gatehouse/keys/sealed-column'
import { sealedSigningKeys } from '@gatehouse/keys/sealed-key'
import { sealedMails } from '@gatehouse/mail/mails'
import { sql } from 'drizzle-orm'
import { aboutState } from './identities/begin-social-login.ts'
import { aboutRecoveryCodes, firstRecoveryKey } from './second-factors/recovery-keys.ts'
import { sealedAbout } from './second-factors/verify-code.ts'
import { mfaFactors, recoveryCodes, socialLogins } from './tables.ts'

/** Everything in this service's database that a key-encryption key has sealed. */
export const sealedColumns: readonly SealedColumn[] = [
  sealedSigningKeys,
  sealedMails,
  { column: mfaFactors.sealedSecret, of: mfaFactors.id, about: sealedAbout },
  {
    column: recoveryCodes.sealedKey,
    of: recoveryCodes.userId,
    about: aboutRecoveryCodes,
    lacking: firstRecoveryKey,
  },
  {
    column: socialLogins.sealedSecrets,
    of: sql`encode(${socialLogins.stateDigest}, 'hex')`,
    about: aboutState,
  },
]
