import { setTimeout as delay } from 'node:timers/promises'
import { inSpan } from '@gatehouse/telemetry/span'
import type { Lease } from './lease.ts'
import { createOrm, type Orm } from './orm.ts'
import type { Pool } from './pool.ts'
import { answerMs, connectionMs, wholeMs } from './time-limits.ts'
import { asUnavailable, isConflict } from './unavailable.ts'

/** What row-level security lets a transaction see: the settings that every policy reads. */
export interface Scope {
  readonly tenantId: string
  readonly platform: 'on' | 'off'
}

export type Access = 'read write' | 'read only'

declare const open: unique symbol

/** Drizzle's query builder in an open transaction. After its end it refuses every statement. */
export type Tx = Orm & { readonly [open]: true }

export type Work<T> = (tx: Tx) => Promise<T>

/** Whether the answers to the statements of a piece of work may lead to further ones, or to none being committed. */
export type Manner = 'step by step' | 'at once'

const retries = 3

/** Runs `work` in a transaction; again, if PostgreSQL undid it over a conflict with another one. */
export async function transact<T>(
  pool: Pool,
  scope: Scope,
  access: Access,
  work: Work<T>,
  manner: Manner = 'step by step',
): Promise<T> {
  const deadline = performance.now() + wholeMs
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await inSpan('transaction', inPostgres, () =>
        transactOnce(pool, { scope, access, work, manner, deadline }),
      )
    } catch (error) {
      if (attempt === retries || !isConflict(error)) throw asUnavailable(error)
    }
    await delay(Math.random() * 20 * 2 ** attempt)
  }
}

const inPostgres = { attributes: { 'db.system.name': 'postgresql' } }

interface Attempt<T> {
  readonly scope: Scope
  readonly access: Access
  readonly work: Work<T>
  readonly manner: Manner
  readonly deadline: number
}

async function transactOnce<T>(pool: Pool, { scope, access, work, manner, deadline }: Attempt<T>) {
  const begin = beginning(scope, access)
  const lease = await pool.lease(connectionMs)
  lease.expireIn(answerMs)
  const { tx, end } = openTx(lease)
  let committed: Promise<void> | undefined
  try {
    // Sent together with the first statement of `work`; PostgreSQL takes them in their order.
    const begun = lease
      .send(begin)
      .execute()
      .then(() => lease.expireIn(deadline - performance.now()))
    const worked = (async () => work(tx))()
    if (manner === 'at once') {
      worked.catch(() => undefined)
      await allSent()
      end()
      committed = commit(lease)
      committed.catch(() => undefined)
    }
    const [, result] = await Promise.race([Promise.all([begun, worked]), lease.lost])
    end()
    if (access === 'read only') conclude(lease, 'commit')
    else await Promise.race([committed ?? commit(lease), lease.lost])
    return result
  } catch (error) {
    end()
    if (!lease.isOpen) return lease.lost
    if (committed !== undefined) committed.catch(() => conclude(lease, 'rollback'))
    else conclude(lease, 'rollback')
    throw error
  }
}

/** Resolves when whatever was begun waits for the server, or for anything else that is outside of this process. */
const allSent = () => new Promise<void>((resolve) => process.nextTick(resolve))

/** What a transaction begins with, in one message: a statement that sets something takes no parameters. */
function beginning({ tenantId, platform }: Scope, access: Access) {
  if (!/^[\w-]*$/.test(tenantId)) throw new RangeError('not the id of a tenant')
  return `begin ${access}; set local app.tenant_id = '${tenantId}'; set local app.platform = '${platform}'`
}

async function commit({ send, release }: Lease) {
  const { command } = await send('commit')
  // PostgreSQL answers so, and raises no error, if a statement had failed.
  if (command === 'ROLLBACK')
    throw new Error('Nothing was committed: a statement failed, and its error was ignored.')
  release()
}

/** Ends a transaction whose caller need not wait for that. */
function conclude({ send, release, discard }: Lease, statement: 'commit' | 'rollback') {
  send(statement).then(release, discard)
}

function openTx(lease: Lease) {
  let isOver = false
  const tx = createOrm({
    unsafe(...statement) {
      // It would end up in the next transaction on this connection, which may be another tenant's.
      if (isOver || !lease.isOpen) throw new Error('The transaction is over.')
      return lease.send(...statement)
    },
  })
  const end = () => {
    isOver = true
  }
  return { tx: tx as Tx, end }
}
