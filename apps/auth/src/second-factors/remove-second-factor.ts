import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Reauthentication } from '@gatehouse/contracts/second-factors'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { factorNotFound } from '../errors.ts'
import type { Notify } from '../notify.ts'
import type { Reauthenticate } from '../sign-in.ts'
import * as factors from './repository.ts'

interface RemovalDeps {
  readonly db: Database
  readonly notify: Notify
  readonly reauthenticate: Reauthenticate
}

/**
 * Removes a second factor of the caller. The last one takes the recovery codes with it.
 * @throws reauthenticationFailed
 * @throws factorNotFound
 */
export async function removeSecondFactor(
  deps: RemovalDeps,
  principal: Principal,
  { id, ...proof }: Reauthentication & { readonly id: string },
  origin: Origin,
): Promise<void> {
  const authority = await deps.reauthenticate(principal, proof, origin)
  const { id: userId, tenantId } = authority.user
  await inPlatform(deps.db, async (tx) => {
    const held = await factors.lockFactors(tx, userId)
    const factor = held.find((each) => each.id === id)
    if (!factor) throw factorNotFound()
    await factors.removeFactor(tx, id)
    if (held.length === 1) await factors.removeRecoveryCodes(tx, userId)
    await emit(tx, 'mfa_factor.removed', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id, version: factor.version + 1 },
      origin,
      data: { userId, kind: factor.kind },
    })
    await deps.notify(tx, authority, { kind: 'second_factor_changed' })
  })
}
