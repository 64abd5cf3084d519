import type { Origin } from '@gatehouse/contracts/origin'
import { inBatches } from '@gatehouse/db/batches'
import type { Database } from '@gatehouse/db/connect'
import { inPlatformAtOnce } from '@gatehouse/db/tenant'
import { messageOf } from '@gatehouse/events/outbox'
import type { Authenticated } from './authenticate-client.ts'
import { type Issue, record } from './repository.ts'

/** A token that was signed and is not given away yet. */
interface Signed extends Authenticated {
  readonly tokenId: string
  readonly scope: string
  readonly origin: Origin
}

/**
 * Writes down that a token is given to a client; false where it may not be, since the client was revoked, deleted or changed
 * after it was last read. Those that come at about the same time are committed together, in one round trip.
 */
export type RecordIssue = (signed: Signed) => Promise<boolean>

export function createRecordIssue(db: Database): RecordIssue {
  const recordOne = inBatches<Issue, boolean>(
    async (issues) => {
      const recorded = await inPlatformAtOnce(db, (tx) => record(tx, issues))
      return issues.map(({ event }) => recorded.has(event.eventId))
    },
    { max: 200, atOnce: 2 },
  )
  return ({ client, secret, tokenId, scope, origin }) =>
    recordOne({
      clientId: client.id,
      version: client.version,
      event: messageOf('partner_token.issued', {
        tenantId: client.tenantId,
        actor: { type: 'partner_client', id: client.id },
        aggregate: { id: tokenId, version: 1 },
        origin,
        data: { clientId: client.id, credentialId: secret.id, scope },
      }),
    })
}
