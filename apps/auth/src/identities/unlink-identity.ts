import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Reauthentication } from '@gatehouse/contracts/second-factors'
import type { IdentityProvider } from '@gatehouse/contracts/social-login'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { identityNotFound } from '../errors.ts'
import { assertPassword, type LinkDeps } from './link-identity.ts'
import * as identities from './repository.ts'

interface Asked extends Reauthentication {
  readonly provider: IdentityProvider
}

/**
 * Takes an identity from the account of who asks and proves by their password that there is another way in.
 * @throws passwordNeeded, identityNotFound, and what `Reauthenticate` throws
 */
export async function unlinkIdentity(
  deps: Pick<LinkDeps, 'db' | 'reauthenticate'>,
  principal: Principal,
  { provider, ...proof }: Asked,
  origin: Origin,
): Promise<void> {
  const { id: userId, tenantId } = principal
  await assertPassword(deps, principal)
  await deps.reauthenticate(principal, proof, origin)
  await inTenant(deps.db, tenantId, async (tx) => {
    if (!(await identities.removeIdentity(tx, userId, provider))) throw identityNotFound()
    await emit(tx, 'identity.unlinked', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { userId, provider },
    })
  })
}
