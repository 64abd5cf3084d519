import type { Authority } from '@gatehouse/contracts/internal'
import { inTenant } from '@gatehouse/db/tenant'
import { mfaEnrolmentRequired, mfaRequired } from '../errors.ts'
import { issueOneTimeToken } from '../one-time-tokens.ts'
import type { CheckSecondFactor, Proof } from '../sign-in.ts'
import { isProofOfEnrolment } from './enrolment-proof.ts'
import { createFindFactors } from './find-factors.ts'
import { type VerifyDeps, verifyCode } from './verify-code.ts'

/** Asks for a second factor where the person has one, and for setting one up where the tenant lets nobody in without. */
export const createCheckSecondFactor =
  (deps: VerifyDeps): CheckSecondFactor =>
  async (authority, proof, origin) => {
    const { user, tenant } = authority
    if (isProofOfEnrolment(proof) || isSwitchThatNeedsNone(proof, tenant)) return []
    const confirmed = await (proof.factors ?? createFindFactors(deps)(user.id))
    if (confirmed.length > 0) {
      const { mfaCode } = proof
      if (mfaCode === undefined) throw mfaRequired()
      return [await verifyCode(deps, user, confirmed, { guess: 'code at sign-in', mfaCode, origin })]
    }
    if (!tenant.mfaRequired) return []
    const { id: userId, tenantId, email } = user
    const bearer = { userId, tenantId, email, amr: proof.amr }
    const enrolmentToken = await inTenant(deps.db, tenantId, (tx) =>
      issueOneTimeToken(tx, 'mfa_enrolment', bearer),
    )
    throw mfaEnrolmentRequired({ extensions: { enrolmentToken } })
  }

/** Whoever switches has signed in already; the other tenant may ask for more than the session has shown. */
const isSwitchThatNeedsNone = ({ method, amr }: Proof, { mfaRequired }: Authority['tenant']) =>
  method === 'switch_tenant' && (!mfaRequired || amr.includes('otp') || amr.includes('recovery'))
