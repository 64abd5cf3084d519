import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { Problem } from '@gatehouse/contracts/problem'
import { unauthenticated } from '@gatehouse/contracts/problems'
import { readInPlatform } from '@gatehouse/db/tenant'
import type { Directory, Standing } from '../directory.ts'
import { reauthenticationFailed, wrongMfaCode } from '../errors.ts'
import type { CheckPassword, Reauthenticate } from '../sign-in.ts'
import { recordRefusal, takeAttempt } from './attempts.ts'
import * as factors from './repository.ts'
import { type VerifyDeps, verifyCode } from './verify-code.ts'

interface ReauthenticationDeps extends VerifyDeps {
  readonly directory: Directory
  readonly checkPassword: CheckPassword
}

/** By the password, and by a code if they have a second factor. The answer doesn't say which of them was wrong. */
export const createReauthenticate =
  (deps: ReauthenticationDeps): Reauthenticate =>
  async (principal, { password, mfaCode }, origin) => {
    const authority = await whoIs(deps, principal, origin)
    const { user } = authority
    const giveBack = await takeAttempt(deps, user, 'password', origin)
    if (!(await deps.checkPassword(user.id, password))) {
      await recordRefusal(deps, user, 'wrong_password', origin)
      throw reauthenticationFailed()
    }
    giveBack()
    const confirmed = await readInPlatform(deps.db, (tx) => factors.confirmedFactors(tx, user.id))
    if (confirmed.length === 0) return authority
    if (mfaCode === undefined) throw reauthenticationFailed()
    await verifyCode(deps, user, confirmed, { guess: 'code in session', mfaCode, origin }).catch(
      (error: unknown) => {
        throw error instanceof Problem && error.code === wrongMfaCode().code
          ? reauthenticationFailed()
          : error
      },
    )
    return authority
  }

/** Who the caller is in the tenant that they are in. @throws unauthenticated if they are out by now */
export async function whoIs(
  { directory }: { directory: Directory },
  { id: userId, tenantId }: Principal,
  origin: Origin,
): Promise<Standing> {
  const authority = await directory.resolve({ userId, tenantId }, origin)
  if (authority?.user.status !== 'active') throw unauthenticated()
  return authority
}
