import type { Authority } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Reauthentication, RecoveryCodes } from '@gatehouse/contracts/second-factors'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import type { Seal } from '@gatehouse/keys/seal'
import { v7 as uuidv7 } from 'uuid'
import { noSecondFactor } from '../errors.ts'
import type { Notify } from '../notify.ts'
import type { Reauthenticate } from '../sign-in.ts'
import { newRecoveryCodes } from './mfa-code.ts'
import { digestOfRecoveryCode, newRecoveryKey } from './recovery-keys.ts'
import * as factors from './repository.ts'

interface RegenerationDeps {
  readonly db: Database
  readonly seal: Seal
  readonly notify: Notify
  readonly reauthenticate: Reauthenticate
}

/**
 * Answers a new set of recovery codes; none of the old set is good any more.
 * @throws reauthenticationFailed
 * @throws noSecondFactor
 */
export async function regenerateRecoveryCodes(
  deps: RegenerationDeps,
  principal: Principal,
  proof: Reauthentication,
  origin: Origin,
): Promise<RecoveryCodes> {
  const authority = await deps.reauthenticate(principal, proof, origin)
  return inPlatform(deps.db, async (tx) => {
    const held = await factors.lockFactors(tx, authority.user.id)
    if (held.length === 0) throw noSecondFactor()
    await deps.notify(tx, authority, { kind: 'second_factor_changed' })
    return issueRecoveryCodes(tx, deps.seal, authority, origin)
  })
}

/** Puts a new set in the place of the old one. For a transaction that holds the lock on a factor of the person. */
export async function issueRecoveryCodes(
  tx: Tx,
  seal: Seal,
  { user: { id: userId, tenantId } }: Authority,
  origin: Origin,
): Promise<RecoveryCodes> {
  const recoveryCodes = newRecoveryCodes()
  const { key, sealedKey } = await newRecoveryKey(seal, userId)
  const digests = recoveryCodes.map((code) => digestOfRecoveryCode(key, code))
  await factors.replaceRecoveryCodes(tx, { userId, sealedKey }, digests)
  await emit(tx, 'recovery_codes.generated', {
    tenantId,
    actor: { type: 'user', id: userId },
    aggregate: { id: uuidv7(), version: 1 },
    origin,
    data: { userId },
  })
  return { recoveryCodes }
}
