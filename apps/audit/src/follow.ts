import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import * as followers from './followers.ts'

/** Entries of one ledger, from one leaf to before another. */
export interface Stretch {
  readonly tenantId: string
  readonly from: number
  readonly to: number
}

export interface Follower {
  /** What remembers how far it has read. */
  readonly name: string
  /** How long an entry has been there before it is read. */
  readonly settledSeconds: number
  /** Takes a stretch in, in the transaction that remembers it as read; again, if that fails. */
  take(tx: Tx, stretch: Stretch): Promise<void>
}

const tenantsAtOnce = 100
const entriesAtOnce = 1000
const beforeAll = '00000000-0000-0000-0000-000000000000'

/**
 * Has a follower read on in every ledger to where it ends by now, each entry once and in the order in which they were
 * recorded, however many replicas do so at once. This is the place for whatever is to be told of entries elsewhere.
 */
export async function readOn(db: Database, follower: Follower, stopping?: AbortSignal): Promise<void> {
  for (let after = beforeAll; !stopping?.aborted; ) {
    const tenants = await readInPlatform(db, (tx) =>
      followers.tenantsWithNews(tx, follower.name, after, tenantsAtOnce),
    )
    for (const tenantId of tenants)
      while (!stopping?.aborted && (await inPlatform(db, (tx) => step(tx, follower, tenantId))));
    const last = tenants.at(-1)
    if (!last || tenants.length < tenantsAtOnce) return
    after = last
  }
}

/** @returns whether there may be more */
async function step(tx: Tx, { name, settledSeconds, take }: Follower, tenantId: string) {
  const from = await followers.claim(tx, name, tenantId)
  if (from === undefined) return false
  const to = await followers.reach(tx, tenantId, { from, atMost: entriesAtOnce, settledSeconds })
  if (to <= from) return false
  await take(tx, { tenantId, from, to })
  await followers.moveOn(tx, name, tenantId, to)
  return to - from === entriesAtOnce
}
