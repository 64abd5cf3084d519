import type { Origin } from '@gatehouse/contracts/origin'
import { Problem } from '@gatehouse/contracts/problem'
import type { RecoveryCodes } from '@gatehouse/contracts/second-factors'
import type { Tokens } from '@gatehouse/contracts/sessions'
import { inPlatform } from '@gatehouse/db/tenant'
import { wrongConfirmation } from '../errors.ts'
import { tryOneTimeToken } from '../one-time-tokens.ts'
import type { SignIn } from '../sign-in.ts'
import { recordRefusal } from './attempts.ts'
import { type ConfirmDeps, completeTotp } from './confirm-totp.ts'
import { proofOfEnrolment } from './enrolment-proof.ts'
import { maxTries, whoEnrols } from './enrolment-token.ts'

/**
 * Confirms the authenticator app that `beginEnrolment` began and signs in, which spends the token. A wrong code is
 * recorded.
 * @throws invalidEnrolmentToken
 * @throws nothingToConfirm, wrongConfirmation
 */
export async function finishEnrolment(
  deps: ConfirmDeps & { readonly signIn: SignIn },
  { enrolmentToken, code }: { readonly enrolmentToken: string; readonly code: string },
  origin: Origin,
): Promise<Tokens & RecoveryCodes> {
  // Before the code is looked at, so that many tries at once are as many as there are.
  const bearer = await inPlatform(deps.db, (tx) =>
    tryOneTimeToken(tx, 'mfa_enrolment', enrolmentToken, maxTries),
  )
  const authority = await whoEnrols(deps.directory, bearer, origin)
  const codes = await completeTotp(deps, authority, code, origin).catch(async (error: unknown) => {
    if (isWrongCode(error)) await recordRefusal(deps, authority.user, 'wrong_mfa_code', origin)
    throw error
  })
  const tokens = await deps.signIn(authority, proofOfEnrolment(bearer?.amr ?? []), origin)
  return { ...tokens, ...codes }
}

const isWrongCode = (error: unknown) => error instanceof Problem && error.code === wrongConfirmation().code
