import type { Origin } from '@gatehouse/contracts/origin'
import type { TotpEnrolment } from '@gatehouse/contracts/second-factors'
import { readInPlatform } from '@gatehouse/db/tenant'
import { bearerOfOneTimeToken } from '../one-time-tokens.ts'
import type { ConfirmDeps } from './confirm-totp.ts'
import { beginTotp } from './enrol-totp.ts'
import { maxTries, whoEnrols } from './enrolment-token.ts'

/**
 * Begins to set up an authenticator app for somebody whom the tenant doesn't let in without. May be repeated.
 * @throws invalidEnrolmentToken
 */
export async function beginEnrolment(
  deps: ConfirmDeps,
  enrolmentToken: string,
  origin: Origin,
): Promise<TotpEnrolment> {
  const bearer = await readInPlatform(deps.db, (tx) =>
    bearerOfOneTimeToken(tx, 'mfa_enrolment', enrolmentToken, maxTries),
  )
  return beginTotp(deps, await whoEnrols(deps.directory, bearer, origin))
}
