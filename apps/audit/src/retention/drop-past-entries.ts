import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createBell } from '@gatehouse/events/bell'
import type { Log } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import * as repository from './repository.ts'
import { setDefaultRetention } from './set-retention.ts'

const everyMs = 3_600_000
const atOnce = 1000
const tenantsAtOnce = 100
const beforeAll = '00000000-0000-0000-0000-000000000000'

/**
 * Drops what is past its tenant's retention, a thousand entries in a transaction, and the months that are empty for it. What
 * may go the database decides; several replicas may do so at once.
 * @returns how many entries it were
 */
export async function dropPastEntries(db: Database, stopping?: AbortSignal): Promise<number> {
  let dropped = 0
  for (let after = beforeAll; !stopping?.aborted; ) {
    const tenants = await readInPlatform(db, (tx) => repository.tenantsPast(tx, after, tenantsAtOnce))
    for (const tenantId of tenants) {
      for (let some = atOnce; some === atOnce && !stopping?.aborted; dropped += some)
        some = await inPlatform(db, (tx) => repository.dropPast(tx, tenantId, atOnce))
    }
    const last = tenants.at(-1)
    if (!last || tenants.length < tenantsAtOnce) break
    after = last
  }
  await inPlatform(db, repository.dropEmptyMonths)
  return dropped
}

/**
 * Drops it now and every hour.
 * @param defaultDays how long entries are kept of tenants that say nothing else; null: for good
 */
export function startDropping(db: Database, defaultDays: number | null, log: Log) {
  const session = async (stopping: AbortSignal) => {
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    await setDefaultRetention(db, defaultDays)
    while (!stopping.aborted) {
      const dropped = await dropPastEntries(db, stopping)
      if (dropped > 0) log.info({ dropped }, 'entries past their retention were dropped')
      await bell.wait(everyMs)
    }
  }
  return supervise({ what: 'the dropping of old entries', log, session })
}
