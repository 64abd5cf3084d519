import { inPlatform, readInPlatform } from '@gatehouse/db/tenant'
import { createBell } from '@gatehouse/events/bell'
import type { Log as OperatorsLog } from '@gatehouse/events/log'
import { supervise } from '@gatehouse/events/supervise'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from '../log.ts'
import { ownEntry } from '../own-entry.ts'
import { besideForgetting } from '../subject-keys.ts'
import * as repository from './repository.ts'
import { setDefaultRetention } from './set-retention.ts'

const everyMs = 3_600_000
const atOnce = 1000
const tenantsAtOnce = 100
const beforeAll = '00000000-0000-0000-0000-000000000000'

/**
 * Drops what is past its tenant's retention, a thousand entries in a transaction that records it in the tenant's log, and the
 * months that are empty for it. What may go the database decides; several replicas may do so at once.
 * @returns how many entries it were
 */
export async function dropPastEntries(log: Log, stopping?: AbortSignal): Promise<number> {
  const { db } = log
  let dropped = 0
  for (let after = beforeAll; !stopping?.aborted; ) {
    const tenants = await readInPlatform(db, (tx) => repository.tenantsPast(tx, after, tenantsAtOnce))
    for (const tenantId of tenants) {
      for (let some = atOnce; some === atOnce && !stopping?.aborted; dropped += some)
        some = await dropSome(log, tenantId)
    }
    const last = tenants.at(-1)
    if (!last || tenants.length < tenantsAtOnce) break
    after = last
  }
  await inPlatform(db, repository.dropEmptyMonths)
  return dropped
}

async function dropSome({ db, append, partitions }: Log, tenantId: string) {
  await partitions.ensure([new Date().toISOString()])
  return inPlatform(db, async (tx) => {
    // Before the tree is locked, as whoever appends does it.
    await besideForgetting(tx)
    const gone = await repository.dropPast(tx, tenantId, atOnce)
    if (!gone) return 0
    const { dropped, retainedFrom, days } = gone
    const entry = ownEntry('audit_log.entries_dropped', {
      tenantId,
      principal: { kind: 'service', id: 'audit' },
      origin: { correlationId: uuidv7(), sourceIp: undefined, userAgent: undefined, traceparent: undefined },
      resourceId: tenantId,
      data: { entries: dropped, retainedFrom, days },
    })
    await append(tx, [entry])
    return dropped
  })
}

/**
 * Drops it now and every hour.
 * @param defaultDays how long entries are kept of tenants that say nothing else; null: for good
 */
export function startDropping(defaultDays: number | null, auditLog: Log, log: OperatorsLog) {
  const session = async (stopping: AbortSignal) => {
    const bell = createBell()
    stopping.addEventListener('abort', bell.ring)
    await setDefaultRetention(auditLog.db, defaultDays)
    while (!stopping.aborted) {
      const dropped = await dropPastEntries(auditLog, stopping)
      if (dropped > 0) log.info({ dropped }, 'entries past their retention were dropped')
      await bell.wait(everyMs)
    }
  }
  return supervise({ what: 'the dropping of old entries', log, session })
}
