import type { Database } from '@gatehouse/db/connect'
import { readInPlatform } from '@gatehouse/db/tenant'
import { mfaEnrolmentRequired, mfaRequired } from '../errors.ts'
import type { CheckSecondFactor } from '../sign-in.ts'
import * as factors from './repository.ts'

export const createCheckSecondFactor =
  ({ db }: { db: Database }): CheckSecondFactor =>
  async ({ user, tenant }) => {
    const confirmed = await readInPlatform(db, (tx) => factors.confirmedFactors(tx, user.id))
    if (confirmed.length > 0) throw mfaRequired()
    if (tenant.mfaRequired) throw mfaEnrolmentRequired()
    return []
  }
