import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { erasureNotFound } from '../errors.ts'
import * as requests from './erasure-repository.ts'

/** Lets somebody stay who had asked to be erased. @throws erasureNotFound if there is none, or it has begun */
export function cancelErasure(
  db: Database,
  { id: userId, tenantId }: Principal,
  origin: Origin,
): Promise<void> {
  return inPlatform(db, async (tx) => {
    const request = await requests.cancel(tx, userId)
    if (!request) throw erasureNotFound()
    await emit(tx, 'privacy.erasure_cancelled', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: request.id, version: 2 },
      origin,
      data: { userId },
    })
  })
}
