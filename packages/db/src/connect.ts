import { sql } from 'drizzle-orm'
import { openConnection } from './connection.ts'
import type { Lease } from './lease.ts'
import { type Client, createOrm, type Orm } from './orm.ts'
import { createPool, type Pool } from './pool.ts'
import { answerMs, connectionMs, wholeMs } from './time-limits.ts'
import type { Tx } from './transaction.ts'
import { asUnavailable } from './unavailable.ts'

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, as the role that owns nothing. */
  readonly url: string
  /** At most so many connections. */
  readonly poolSize: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string
}

export interface Database {
  /**
   * Single statements, each by itself on whichever connection is free, confined to no tenant: row-level security hides
   * every tenant's rows from them. Throws a `databaseUnavailable` within 3 s if the database is away, and after 9.5 s
   * in any case.
   */
  readonly orm: Orm
  /** Asks the database for an answer; throws a `databaseUnavailable` within 3 s. */
  ping(): Promise<void>
  /** Has `listener` called after each commit of a read-write transaction, with that; it must not throw. */
  onCommit(listener: (tx: Tx) => void): void
  /** Waits up to 5 s for what is under way, then ends all connections. */
  close(): Promise<void>
  /** For `tenant.ts`. */
  readonly pool: Pool
  /** For `tenant.ts`. */
  readonly commitListeners: ReadonlySet<(tx: Tx) => void>
}

/** A pool of connections; none is opened before the first query. */
export function connect({ url, poolSize, applicationName }: DatabaseOptions): Database {
  const pool = createPool(
    () => openConnection({ url, applicationName, statementTimeoutMs: 10_000 }),
    poolSize,
  )
  const orm = createOrm(pooledClient(pool))
  const commitListeners = new Set<(tx: Tx) => void>()
  return {
    orm,
    async ping() {
      await orm.execute(sql`select 1`)
    },
    onCommit(listener) {
      commitListeners.add(listener)
    },
    close: () => pool.close(5_000),
    pool,
    commitListeners,
  }
}

/** A driver for drizzle, of which each statement takes a connection of its own. */
function pooledClient(pool: Pool): Client {
  return {
    unsafe(...statement) {
      let asArrays = false
      const rows = Promise.resolve().then(() =>
        runAlone(pool, ({ send }) => (asArrays ? send(...statement).values() : send(...statement))),
      )
      const values = () => {
        asArrays = true
        return rows
      }
      return Object.assign(rows, { values })
    },
  }
}

async function runAlone<T>(pool: Pool, run: (lease: Lease) => PromiseLike<T>): Promise<T> {
  const lease = await pool.lease(connectionMs)
  try {
    lease.expireIn(answerMs)
    // Sets a statement that takes its time apart from a server that is gone.
    if (!lease.isFresh) await Promise.race([lease.send(''), lease.lost])
    lease.expireIn(wholeMs)
    return await Promise.race([run(lease), lease.lost])
  } catch (error) {
    if (!lease.isOpen) return await lease.lost
    throw asUnavailable(error)
  } finally {
    lease.release()
  }
}
