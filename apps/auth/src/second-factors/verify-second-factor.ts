import { readInPlatform } from '@gatehouse/db/tenant'
import { mfaRequired } from '../errors.ts'
import type { VerifySecondFactor } from '../sign-in.ts'
import * as factors from './repository.ts'
import { type VerifyDeps, verifyCode } from './verify-code.ts'

/** For what a link in a mail opens, beside signing in. */
export const createVerifySecondFactor =
  (deps: VerifyDeps): VerifySecondFactor =>
  async ({ user }, mfaCode, origin) => {
    const confirmed = await readInPlatform(deps.db, (tx) => factors.confirmedFactors(tx, user.id))
    if (confirmed.length === 0) return
    if (mfaCode === undefined) throw mfaRequired()
    await verifyCode(deps, user, confirmed, { guess: 'code at password reset', mfaCode, origin })
  }
