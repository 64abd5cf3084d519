import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, inTenant } from '@gatehouse/db/tenant'
import { retentionOutOfBounds } from '../errors.ts'
import type { Log } from '../log.ts'
import { ownEntry } from '../own-entry.ts'
import * as repository from './repository.ts'

/** What the installation lets its tenants set. */
export interface RetentionBounds {
  readonly leastDays: number
  readonly mostDays: number | null
}

interface Change {
  readonly principal: Principal
  readonly origin: Origin
  readonly tenantId: string
  readonly days: number | null
  readonly bounds: RetentionBounds
}

/**
 * Sets how long the entries of a tenant are kept, and records that; null: as long as the installation keeps them.
 * @throws retentionOutOfBounds
 */
export async function setRetention({ db, append, partitions }: Log, change: Change): Promise<void> {
  const { principal, origin, tenantId, days, bounds } = change
  const { leastDays, mostDays } = bounds
  if (days !== null && (days < leastDays || days > (mostDays ?? days))) throw retentionOutOfBounds(bounds)
  const now = new Date().toISOString()
  await partitions.ensure([now])
  await inTenant(db, tenantId, async (tx) => {
    const fromDays = await repository.newest(tx, tenantId)
    if (fromDays === days) return
    await repository.insert(tx, tenantId, days)
    const data = { fromDays, toDays: days }
    await append(tx, [
      ownEntry('audit_log.retention_set', { tenantId, principal, origin, resourceId: tenantId, data }),
    ])
  })
}

/** Sets how long entries are kept of tenants that say nothing else; null: for good. */
export async function setDefaultRetention(db: Database, days: number | null): Promise<void> {
  await inPlatform(db, async (tx) => {
    if ((await repository.newest(tx, null)) !== days) await repository.insert(tx, null, days)
  })
}
