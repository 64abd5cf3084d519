import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { ChangePassword } from '@gatehouse/contracts/passwords'
import type { Principal } from '@gatehouse/contracts/principal'
import { unauthenticated } from '@gatehouse/contracts/problems'
import { inPlatform, inTenant, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Throttle } from '@gatehouse/throttle/throttle'
import { v7 as uuidv7 } from 'uuid'
import type { Directory } from '../directory.ts'
import { wrongCurrentPassword } from '../errors.ts'
import { voidOneTimeTokens } from '../one-time-tokens.ts'
import type { StoredPassword } from '../passwords.ts'
import type { CheckPassword } from '../sign-in.ts'
import { newPasswordOf, type PasswordDeps } from './new-password.ts'
import * as credentials from './repository.ts'

export interface ChangeDeps extends PasswordDeps {
  readonly directory: Directory
  readonly throttle: Throttle
  readonly checkPassword: CheckPassword
}

/** Who asks, and whether they are still there for the answer. */
interface Caller {
  readonly principal: Principal
  readonly origin: Origin
  readonly signal?: AbortSignal
}

/**
 * Changes the caller's password. Their other sessions end, and links that were sent to them are void.
 * @throws wrongCurrentPassword also for somebody who has none
 * @throws tooManyRequests after ten wrong ones in a quarter of an hour
 * @throws Problem password.too_short, password.too_weak
 */
export async function changePassword(
  deps: ChangeDeps,
  { currentPassword, newPassword }: ChangePassword,
  { principal, origin, signal }: Caller,
): Promise<void> {
  const { db, directory, throttle, checkPassword } = deps
  const { id: userId, tenantId } = principal
  const limits = [{ key: `password:account:${userId}`, max: 10, windowSeconds: 900 }]
  await throttle.take(limits)
  const [authority, seen] = await Promise.all([
    directory.resolve({ userId, tenantId }, origin),
    readInPlatform(db, (tx) => credentials.credentialOf(tx, userId)),
  ])
  if (authority?.user.status !== 'active') throw unauthenticated()
  if (!(await checkPassword(userId, currentPassword, signal)) || !seen) {
    await recordFailure(deps, principal, origin)
    throw wrongCurrentPassword()
  }
  await throttle.giveBack(limits)
  const stored = await newPasswordOf(deps, newPassword, authority)
  await inPlatform(db, (tx) => change(deps, tx, { authority, principal, seen, stored, origin }))
}

interface Change {
  readonly authority: Authority
  readonly principal: Principal
  readonly seen: { readonly userId: string; readonly version: number }
  readonly stored: StoredPassword
  readonly origin: Origin
}

async function change(
  { notify, endSessions }: ChangeDeps,
  tx: Tx,
  { authority, principal, seen, stored, origin }: Change,
) {
  const { id: userId, tenantId, sessionId } = principal
  const version = await credentials.replaceCredential(tx, seen, stored)
  if (version === undefined) throw wrongCurrentPassword()
  const others = { userId, ...(sessionId !== undefined && { except: sessionId }) }
  await Promise.all([
    voidOneTimeTokens(tx, userId, ['reset_password', 'login_code', 'mfa_enrolment']),
    endSessions(tx, others, { reason: 'password_changed', actor: principal, origin }),
    notify(tx, authority, { kind: 'password_changed' }),
    emit(tx, 'password.changed', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: userId, version },
      origin,
      data: { by: 'current_password' },
    }),
  ])
}

async function recordFailure({ db }: ChangeDeps, { id, tenantId }: Principal, origin: Origin) {
  await inTenant(db, tenantId, (tx) =>
    emit(tx, 'login.failed', {
      tenantId,
      actor: { type: 'user', id },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { reason: 'wrong_password' },
    }),
  )
}
