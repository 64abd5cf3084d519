import type { Tx } from '@gatehouse/db/tenant'
import { urgentLane } from './outbox.ts'
import { firstOfLanes, type Unsent, unsent } from './unsent.ts'

/** Says what is to be sent next. */
export type Turns = (tx: Tx, batch: number) => Promise<readonly Unsent[]>

/**
 * While all that waits goes out in one batch, its order is that of its positions. Of more than that half a batch is of what
 * has waited longest, and the other half is shared by all tenants that have something waiting, and by revocations: so that a
 * flood of one tenant delays nobody else. Where that are too many tenants for a batch, it is the turn of others with the next.
 */
export function createTurns(): Turns {
  let after = urgentLane
  return async (tx, batch) => {
    const oldest = await unsent(tx, batch)
    if (oldest.length < batch) return oldest
    const lanes = Math.floor(batch / 2)
    const shares = await firstOfLanes(tx, { after, lanes })
    const served = [...new Set(shares.map(({ lane }) => lane))].filter((lane) => lane !== urgentLane).sort()
    after = (served.length === lanes && served.at(-1)) || urgentLane
    const chosen = new Map([...shares, ...oldest].map((message) => [message.eventId, message]))
    return [...chosen.values()].slice(0, batch).sort((a, b) => a.position - b.position)
  }
}
