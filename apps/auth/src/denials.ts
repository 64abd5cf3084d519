import type { Denial } from '@gatehouse/contracts/access-events'
import {
  mfaEnrolmentRequired,
  mfaRequired,
  reauthenticationFailed,
  wrongCredentials,
  wrongCurrentPassword,
  wrongMfaCode,
  wrongServiceSecret,
} from './errors.ts'

const otherwise: ReadonlySet<string> = new Set(
  [
    // `login.failed` tells of them,
    wrongCredentials,
    wrongMfaCode,
    wrongCurrentPassword,
    reauthenticationFailed,
    // `service_token.refused` of this one,
    wrongServiceSecret,
    // and these are steps of a sign-in that goes well.
    mfaRequired,
    mfaEnrolmentRequired,
  ].map((problem) => problem().code),
)

/** Whether a refused request is in the log by an event of its own, or has no business there. */
export const isToldOtherwise = ({ reason }: Denial) => otherwise.has(reason)
