import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inTenant } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import type { Standing } from '../directory.ts'
import { identityTaken } from '../errors.ts'
import type { Notify } from '../notify.ts'
import type { Identity } from './provider.ts'
import * as identities from './repository.ts'

export interface AttachDeps {
  readonly db: Database
  readonly notify: Notify
}

/**
 * Links an identity to a person; nothing happens where it is theirs already.
 * `isTold` sends them a mail about it, which who has had the account for some time should get.
 * @throws identityTaken where it is somebody else's, or they have another one of the provider
 */
export async function attachIdentity(
  { db, notify }: AttachDeps,
  authority: Standing,
  identity: Identity,
  origin: Origin,
  { isTold = false } = {},
): Promise<void> {
  const { id: userId, tenantId } = authority.user
  const { provider, issuer, subject, email = null } = identity
  await inTenant(db, tenantId, async (tx) => {
    if (!(await identities.insertIdentity(tx, { provider, issuer, subject, userId, email }))) {
      if ((await identities.ownerOf(tx, identity)) !== userId) throw identityTaken()
      return
    }
    await emit(tx, 'identity.linked', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { userId, provider },
    })
    if (isTold) await notify(tx, authority, { kind: 'identity_linked', provider })
  })
}
