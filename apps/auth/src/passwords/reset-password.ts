import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { ResetPassword } from '@gatehouse/contracts/passwords'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Directory } from '../directory.ts'
import { invalidLink } from '../errors.ts'
import {
  type Bearer,
  bearerOfOneTimeToken,
  redeemOneTimeToken,
  voidOneTimeTokens,
} from '../one-time-tokens.ts'
import type { StoredPassword } from '../passwords.ts'
import type { VerifySecondFactor } from '../sign-in.ts'
import { newPasswordOf, type PasswordDeps } from './new-password.ts'
import * as credentials from './repository.ts'

export interface ResetDeps extends PasswordDeps {
  readonly directory: Directory
  readonly verifySecondFactor: VerifySecondFactor
}

/**
 * Sets a new password by a link that was sent, which also proves the address that it was sent to. Every session of the
 * person ends, and nothing else that was sent to them is good any more. The link is spent last: whatever refuses the
 * request before that, or is down, leaves it good.
 * @throws invalidLink also for somebody who may not sign in
 * @throws Problem mfa_required, wrong_mfa_code; password.too_short, password.too_weak
 */
export async function resetPassword(
  deps: ResetDeps,
  { token, newPassword, mfaCode }: ResetPassword,
  origin: Origin,
): Promise<void> {
  const { db, directory, verifySecondFactor } = deps
  const bearer = await readInPlatform(db, (tx) => bearerOfOneTimeToken(tx, 'reset_password', token))
  const authority = bearer && (await liveBearer(directory, bearer, origin))
  if (!authority) throw invalidLink()

  const stored = await newPasswordOf(deps, newPassword, authority)
  const { id: userId, email, emailVerified } = authority.user
  if (!emailVerified && !(await directory.verifyEmail({ userId, email }, origin))) throw invalidLink()
  await verifySecondFactor(authority, mfaCode, origin)
  await inPlatform(db, (tx) => reset(deps, tx, { authority, token, stored, origin }))
}

/** Who holds the link, if they may sign in and the address is still theirs. */
async function liveBearer(directory: Directory, { userId, tenantId, email }: Bearer, origin: Origin) {
  const authority = await directory.resolve({ userId, tenantId }, origin)
  const mayEnter = authority?.user.status === 'active' && authority.tenant.status === 'active'
  return mayEnter && authority.user.email === email ? authority : undefined
}

interface Reset {
  readonly authority: Authority
  readonly token: string
  readonly stored: StoredPassword
  readonly origin: Origin
}

async function reset(
  { notify, endSessions }: ResetDeps,
  tx: Tx,
  { authority, token, stored, origin }: Reset,
) {
  if (!(await redeemOneTimeToken(tx, 'reset_password', token))) throw invalidLink()
  const { id: userId, tenantId } = authority.user
  const actor = { id: userId }
  const version = await credentials.setCredential(tx, userId, stored)
  await Promise.all([
    voidOneTimeTokens(tx, userId, ['reset_password', 'verify_email', 'login_code', 'mfa_enrolment']),
    endSessions(tx, { userId }, { reason: 'password_reset', actor: { kind: 'user', ...actor }, origin }),
    notify(tx, authority, { kind: 'password_changed' }),
    emit(tx, 'password.changed', {
      tenantId,
      actor: { type: 'user', ...actor },
      aggregate: { id: userId, version },
      origin,
      data: { by: 'reset_link' },
    }),
  ])
}
