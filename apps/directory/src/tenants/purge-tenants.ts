import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import { emit } from '@gatehouse/events/outbox'
import { supervise } from '@gatehouse/events/supervise'
import { v7 as uuidv7 } from 'uuid'
import * as tenants from './repository.ts'

const batch = 20
const everyMs = 60_000

/** Does away, for as long as the process lives, with tenants whose time of grace is over; replicas share the work. */
export const startPurge = (db: Database, graceMs: number, log: Log): { stop(): Promise<void> } =>
  supervise({
    what: 'the purge of deleted tenants',
    log,
    session: async (stopping) => {
      while (!stopping.aborted) {
        const purged = await purgeTenants(db, graceMs)
        if (purged > 0) log.info({ purged }, 'deleted tenants are gone for good')
        if (purged < batch) await delay(everyMs, undefined, { signal: stopping, ref: false })
      }
    },
  })

/**
 * Deletes for good the tenants that were deleted more than `graceMs` ago, some at a time.
 * @returns how many
 */
export function purgeTenants(db: Database, graceMs: number, now = Date.now): Promise<number> {
  return inPlatform(db, async (tx) => {
    const due = await tenants.claimDeleted(tx, new Date(now() - graceMs), batch)
    for (const tenant of due) await purgeTenant(tx, tenant)
    return due.length
  })
}

/** Deletes a tenant for good that was deleted before; nobody else has it. */
export async function purgeTenant(
  tx: Tx,
  { id, version }: Pick<tenants.Tenant, 'id' | 'version'>,
): Promise<void> {
  const members = await tenants.purge(tx, id)
  await emit(tx, 'tenant.purged', {
    tenantId: id,
    actor: { type: 'system', id: 'directory' },
    aggregate: { id, version: version + 1 },
    origin: { correlationId: uuidv7(), sourceIp: undefined, userAgent: undefined, traceparent: undefined },
    data: { members },
  })
}
