import type { Origin } from '@gatehouse/contracts/origin'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Seal } from '@gatehouse/keys/seal'
import { v7 as uuidv7 } from 'uuid'
import { wrongMfaCode } from '../errors.ts'
import type { Amr, ConfirmedFactor } from '../sign-in.ts'
import { type AttemptDeps, type Guess, type Person, recordRefusal, takeAttempt } from './attempts.ts'
import { readMfaCode } from './mfa-code.ts'
import { digestOfRecoveryCode, openRecoveryKeys } from './recovery-keys.ts'
import * as factors from './repository.ts'
import { stepOfCode } from './totp.ts'

export interface VerifyDeps extends AttemptDeps {
  readonly seal: Seal
}

export const sealedAbout = (factorId: string) => `totp secret ${factorId}`

interface Typed {
  readonly mfaCode: string
  readonly guess: Guess
  readonly origin: Origin
}

/**
 * Accepts a code of one of a person's confirmed second factors, or a recovery code, once.
 * @throws wrongMfaCode, after recording it
 * @throws tooManyRequests after five in five minutes
 */
export async function verifyCode(
  deps: VerifyDeps,
  person: Person,
  confirmed: readonly ConfirmedFactor[],
  { mfaCode, guess, origin }: Typed,
): Promise<Amr> {
  const giveBack = await takeAttempt(deps, person, guess, origin)
  const { kind, code } = readMfaCode(mfaCode)
  const isAccepted =
    kind === 'totp'
      ? await acceptTotp(deps, confirmed, code)
      : await acceptRecoveryCode(deps, person, code, origin)
  if (!isAccepted) {
    await recordRefusal(deps, person, 'wrong_mfa_code', origin)
    throw wrongMfaCode()
  }
  giveBack()
  return kind === 'totp' ? 'otp' : 'recovery'
}

async function acceptTotp({ db, seal }: VerifyDeps, confirmed: readonly ConfirmedFactor[], code: string) {
  const totp = confirmed.find(({ kind }) => kind === 'totp')
  if (!totp) return false
  const step = stepOfCode(await seal.unseal(sealedAbout(totp.id), totp.sealedSecret), code)
  return step !== undefined && inPlatform(db, (tx) => factors.spendStep(tx, totp.id, step))
}

function acceptRecoveryCode({ db, seal }: VerifyDeps, person: Person, code: string, origin: Origin) {
  const { id: userId, tenantId } = person
  return inPlatform(db, async (tx) => {
    const keys = await openRecoveryKeys(seal, userId, await factors.recoveryKeys(tx, userId))
    const digests = keys.map((key) => digestOfRecoveryCode(key, code))
    const isSpent = await factors.spendRecoveryCode(tx, userId, digests)
    if (!isSpent) return false
    await emit(tx, 'recovery_code.used', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { userId, left: await factors.recoveryCodesLeft(tx, userId) },
    })
    return true
  })
}
