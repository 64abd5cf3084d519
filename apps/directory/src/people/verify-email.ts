import type { VerifyEmail } from '@gatehouse/contracts/internal'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { userNotFound } from '../errors.ts'
import * as people from './repository.ts'

/**
 * Takes note that somebody has proven their e-mail address. Safe to repeat.
 * @throws userNotFound if the address is not theirs, or not any more
 */
export function verifyEmail(db: Database, { userId, email }: VerifyEmail, origin: Origin): Promise<void> {
  return inPlatform(db, async (tx) => {
    const version = await people.verifyEmail(tx, { userId, email })
    if (version === undefined) throw userNotFound()
    if (version === 'known') return
    const tenantId = (await people.firstTenantOf(tx, userId)) ?? platformTenantId
    const actor = { type: 'user', id: userId } as const
    const aggregate = { id: userId, version }
    await emit(tx, 'user.email_verified', { tenantId, actor, aggregate, origin, data: { email } })
  })
}
