import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { RecoveryCodes } from '@gatehouse/contracts/second-factors'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Directory } from '../directory.ts'
import { nothingToConfirm, wrongConfirmation } from '../errors.ts'
import type { Notify } from '../notify.ts'
import { voidOneTimeTokens } from '../one-time-tokens.ts'
import { takeAttempt } from './attempts.ts'
import { readMfaCode } from './mfa-code.ts'
import { whoIs } from './reauthenticate.ts'
import { issueRecoveryCodes } from './regenerate-recovery-codes.ts'
import * as factors from './repository.ts'
import { stepOfCode } from './totp.ts'
import { sealedAbout, type VerifyDeps } from './verify-code.ts'

export interface ConfirmDeps extends VerifyDeps {
  readonly directory: Directory
  readonly notify: Notify
}

/**
 * Confirms the authenticator app of somebody who is signed in.
 * @throws nothingToConfirm, wrongConfirmation
 * @throws tooManyRequests after five wrong codes in five minutes
 */
export async function confirmTotp(
  deps: ConfirmDeps,
  principal: Principal,
  code: string,
  origin: Origin,
): Promise<RecoveryCodes> {
  const authority = await whoIs(deps, principal, origin)
  const giveBack = await takeAttempt(deps, authority.user, 'first code', origin)
  const codes = await completeTotp(deps, authority, code, origin)
  giveBack()
  return codes
}

/**
 * Makes an authenticator app count that a code is of, and answers a set of recovery codes in place of any before. That
 * code is spent then.
 * @throws nothingToConfirm, wrongConfirmation
 */
export async function completeTotp(
  deps: ConfirmDeps,
  authority: Authority,
  code: string,
  origin: Origin,
): Promise<RecoveryCodes> {
  const { id: userId, tenantId } = authority.user
  const pending = await readInPlatform(deps.db, (tx) => factors.pendingTotp(tx, userId))
  if (!pending) throw nothingToConfirm()
  const secret = await deps.seal.unseal(sealedAbout(pending.id), pending.sealedSecret)
  const step = stepOfCode(secret, readMfaCode(code).code)
  if (step === undefined) throw wrongConfirmation()

  return inPlatform(deps.db, async (tx) => {
    if (!(await factors.confirmFactor(tx, pending.id, step))) throw nothingToConfirm()
    // Who got as far as the password before must not set up another one now.
    await voidOneTimeTokens(tx, userId, ['mfa_enrolment'])
    await emit(tx, 'mfa_factor.confirmed', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: pending.id, version: pending.version },
      origin,
      data: { userId, kind: pending.kind },
    })
    await deps.notify(tx, authority, { kind: 'second_factor_changed' })
    return issueRecoveryCodes(tx, deps.seal, authority, origin)
  })
}
