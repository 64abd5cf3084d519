import type { Database } from './connect.ts'
import { type Manner, type Scope, type Tx, transact, type Work } from './transaction.ts'

/**
 * Runs `work` in a transaction that row-level security confines to one tenant, and commits it.
 *
 * Beginning and confining it goes in one round trip with the first statement of `work`; the commit is another.
 * `work` runs again, up to three times more, when PostgreSQL undid it over a conflict with another transaction.
 * Throws what `work` throws. Throws a `databaseUnavailable` within 3 s if there is no connection or no answer to the
 * beginning, after 9.5 s in any case, and whenever the connection is lost: then it may or may not have been committed.
 */
export const inTenant = <T>(db: Database, tenantId: string, work: Work<T>): Promise<T> =>
  change(db, { tenantId, platform: 'off' }, work)

/** Reads as `inTenant` does; PostgreSQL refuses to write in it, and there is no commit to wait for. */
export function readInTenant<T>(db: Database, tenantId: string, work: Work<T>): Promise<T> {
  return transact(db.pool, { tenantId, platform: 'off' }, 'read only', work)
}

/** Runs `work` over all tenants, else as `inTenant`. */
export const inPlatform = <T>(db: Database, work: Work<T>): Promise<T> =>
  change(db, { tenantId: '', platform: 'on' }, work)

/** Reads over all tenants, else as `readInTenant`. */
export function readInPlatform<T>(db: Database, work: Work<T>): Promise<T> {
  return transact(db.pool, { tenantId: '', platform: 'on' }, 'read only', work)
}

/**
 * Runs `work` as `inTenant` does, but in one round trip: for work that sends all of its statements without waiting for the
 * answer to any. They are committed along with them, whatever `work` makes of the answers; a further statement is refused.
 */
export const inTenantAtOnce = <T>(db: Database, tenantId: string, work: Work<T>): Promise<T> =>
  change(db, { tenantId, platform: 'off' }, work, 'at once')

/** Runs `work` over all tenants, else as `inTenantAtOnce`. */
export const inPlatformAtOnce = <T>(db: Database, work: Work<T>): Promise<T> =>
  change(db, { tenantId: '', platform: 'on' }, work, 'at once')

async function change<T>(db: Database, scope: Scope, work: Work<T>, manner?: Manner): Promise<T> {
  let committed: Tx | undefined
  const kept: Work<T> = (tx) => {
    committed = tx
    return work(tx)
  }
  const result = await transact(db.pool, scope, 'read write', kept, manner)
  if (committed) for (const listener of db.commitListeners) listener(committed)
  return result
}

export type { Tx }
