import type { Erased } from '@gatehouse/contracts/erasure'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import type { ReceivedEvent } from '@gatehouse/events/envelope'
import { revoke } from '@gatehouse/events/revocation'
import type { EndApiKeys } from '../api-key.ts'
import type { EndSessions } from '../sign-in.ts'
import * as departures from './repository.ts'

interface Deps {
  readonly db: Database
  readonly endSessions: EndSessions
  readonly endApiKeys: EndApiKeys
}

/** How far the directory's clock and ours may be apart. */
const clocksApartMs = 30_000

/**
 * Does away with what was a person's or a tenant's, when the directory tells that they are gone: of a deleted person
 * everything, in one transaction; of a tenant that is gone for good everything in it; of somebody who left a tenant the
 * sessions and API keys there. Whoever gets another address is signed out everywhere, since somebody else may have had the
 * one before. However often an event comes, and however late: who is back in a tenant keeps what they
 * have got there since.
 */
export function createFollowDepartures(deps: Deps): (events: readonly ReceivedEvent[]) => Promise<void> {
  return async (events) => {
    for (const event of events.toSorted(deletionsFirst)) await follow(deps, event)
  }
}

/** Whoever is deleted leaves their tenants too, of which there is nothing left to tell then. */
const deletionsFirst = (a: ReceivedEvent, b: ReceivedEvent) => Number(isDeletion(b)) - Number(isDeletion(a))

const isDeletion = ({ declared }: ReceivedEvent) => declared?.name === 'user.deleted'

async function follow(deps: Deps, { envelope, declared }: ReceivedEvent) {
  if (declared?.name === 'user.deleted') await forgetPerson(deps.db, declared.data.userId)
  if (declared?.name === 'tenant.purged') await forgetTenant(deps.db, envelope.tenantid)
  if (declared?.name !== 'membership.removed' && declared?.name !== 'user.email_changed') return
  const { userId } = declared.data
  const createdBefore = new Date(Date.parse(envelope.time) + clocksApartMs)
  const actor = { kind: 'service', id: 'auth' } as const
  const nobody = { sourceIp: undefined, userAgent: undefined, traceparent: envelope.traceparent }
  const origin = { ...nobody, correlationId: envelope.correlationid }
  await inPlatform(deps.db, async (tx) => {
    if (declared.name === 'user.email_changed') {
      await deps.endSessions(tx, { userId, createdBefore }, { reason: 'email_changed', actor, origin })
      return
    }
    const which = { userId, createdBefore, tenantId: envelope.tenantid }
    await deps.endSessions(tx, which, { reason: 'access_withdrawn', actor, origin })
    await deps.endApiKeys(tx, which, { actor, origin })
  })
}

/**
 * Deletes all that is a person's, once. Tells of none of it: that the person was deleted says so, and no new event is to be
 * about them.
 * @returns how much that was, also when asked again
 */
export const forgetPerson = (db: Database, userId: string): Promise<Erased> =>
  inPlatform(db, async (tx) => {
    const revocations = await departures.accessOf(tx, userId)
    await Promise.all(revocations.map((revocation) => revoke(tx, revocation)))
    return departures.erase(tx, userId)
  })

/**
 * Erases again whoever is back of those who were erased, since the database was restored from a backup.
 * @param digests SHA-256 of their ids, hexadecimal
 * @returns how many there were
 */
export async function forgetAgain(db: Database, digests: readonly string[]): Promise<number> {
  const back = await readInPlatform(db, (tx) => departures.whoIsBack(tx, digests))
  for (const userId of back) await forgetPerson(db, userId)
  return back.length
}

/** In short transactions, since there may be much; the directory refuses all of it already. */
export async function forgetTenant(db: Database, tenantId: string) {
  while (await inPlatform(db, (tx) => departures.deleteSomeOfTenant(tx, tenantId)));
}
