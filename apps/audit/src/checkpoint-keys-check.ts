import { bad, type Finding, good } from '@gatehouse/commands/doctor/finding'
import type * as z from 'zod'
import type { RotationSettings } from './config.ts'
import { inAudit } from './opened-audit.ts'

/** That the keys of checkpoints open with the key-encryption key. */
export const checkCheckpointKeys = (
  settings: Pick<z.output<typeof RotationSettings>, 'DATABASE_URL' | 'KEY_ENCRYPTION_KEY' | 'ISSUER'>,
): Promise<Finding> =>
  inAudit(settings, async ({ checkpointKeysOf }) =>
    checkpointKeysOf(settings.ISSUER)
      .load()
      .then(
        ({ signers, verifiers }) => good(`${verifiers.length} open; ${signers.length} sign.`),
        () =>
          bad(
            'The keys of checkpoints do not open.',
            'Give KEY_ENCRYPTION_KEY the value they were sealed under.',
          ),
      ),
  )
