import type { Origin } from '@gatehouse/contracts/origin'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { emailTaken, unknownEmailToken } from '../errors.ts'
import * as users from './repository.ts'
import { digestOf } from './request-email-change.ts'

/**
 * Gives somebody the address that the token was sent to; it counts as proven. Their access tokens are refused within a
 * second, and auth ends their sessions. A token is void once anything about the person has changed, their roles or tenants
 * above all: it was allowed for who they were.
 * @throws unknownEmailToken, emailTaken if somebody else has got the address meanwhile
 */
export function confirmEmail(db: Database, token: string, origin: Origin): Promise<void> {
  return inPlatform(db, async (tx) => {
    const change = await users.takeEmailChange(tx, digestOf(token))
    if (!change) throw unknownEmailToken()
    const { userId, tenantId, email } = change
    if ((await users.countTenants(tx, userId)) !== 1) throw unknownEmailToken()
    if (await users.isTaken(tx, email)) throw emailTaken()
    const version = await users.changeEmail(tx, userId, email)
    await revoke(tx, { tenantId, kind: 'user', id: userId })
    await emit(tx, 'user.email_changed', {
      tenantId,
      actor: { type: 'user', id: userId },
      aggregate: { id: userId, version },
      origin,
      data: { userId },
    })
  })
}
