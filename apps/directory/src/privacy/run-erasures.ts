import type { Erased } from '@gatehouse/contracts/erasure'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import * as requests from './erasure-repository.ts'
import { overdueSeconds } from './shown-erasure.ts'

export interface ErasureDeps {
  readonly db: Database
  readonly log: Log
  /** Deletes a person and all that is theirs here. */
  readonly deletePerson: (tx: Tx, id: string, origin: Origin) => Promise<void>
  /** Has the other services erase what they hold; each does so once, and tells the same however often it is asked. */
  readonly eraseElsewhere: Readonly<Record<'auth' | 'audit', (userId: string) => Promise<Erased>>>
}

const batch = 10
/** After how long a request is gone on with that is not done; that two are at it at once does no harm. */
const leaseSeconds = 10

/**
 * Goes on with every erasure request that is due, from wherever it stands: here, at auth, at audit, closed. A crash
 * between any two steps, or a service that is away, and it is gone on with some seconds later.
 * @returns how many were due, and how many should have been completed for an hour
 */
export async function runErasures(deps: ErasureDeps): Promise<{ due: number; overdue: number }> {
  const due = await inPlatform(deps.db, (tx) => requests.claimDue(tx, { limit: batch, leaseSeconds }))
  for (const request of due) {
    await goOnWith(deps, request).catch((error: unknown) => {
      deps.log.warn({ err: error, request: request.id }, 'an erasure is not done yet, and goes on later')
    })
  }
  const overdue = await readInPlatform(deps.db, (tx) => requests.countOverdue(tx, overdueSeconds))
  return { due: due.length, overdue }
}

async function goOnWith(deps: ErasureDeps, { id, userId, receipts }: requests.Request) {
  const { db, eraseElsewhere } = deps
  if (!receipts.directory && !(await eraseHere(deps, id))) return
  for (const service of ['auth', 'audit'] as const) {
    if (receipts[service]) continue
    const receipt = await eraseElsewhere[service](userId)
    await inPlatform(db, (tx) => requests.addReceipt(tx, id, service, receipt))
  }
  await inPlatform(db, (tx) => close(tx, id))
}

/** In one transaction with the note of it. False if the request was cancelled. */
const eraseHere = ({ db, deletePerson }: ErasureDeps, id: string) =>
  inPlatform(db, async (tx) => {
    const request = await requests.lock(tx, id)
    if (request?.status !== 'scheduled') return request?.status === 'running'
    const { userId } = request
    const erased = await requests.countOf(tx, userId)
    // An administrator of the platform may have deleted them meanwhile.
    if (!(await requests.isDeleted(tx, userId))) await deletePerson(tx, userId, origin())
    await requests.addReceipt(tx, id, 'directory', { erased, erasedAt: new Date().toISOString() })
    return true
  })

/** The receipt becomes an entry of the platform's ledger: what it says of the person is that there was one. */
async function close(tx: Tx, id: string) {
  const request = await requests.complete(tx, id)
  if (!request) return
  await emit(tx, 'privacy.erased', {
    tenantId: platformTenantId,
    actor: { type: 'service', id: 'directory' },
    aggregate: { id, version: 2 },
    origin: origin(),
    data: { requestedAt: request.requestedAt.toISOString(), receipts: request.receipts },
  })
}

const origin = (): Origin => ({
  correlationId: uuidv7(),
  sourceIp: undefined,
  userAgent: undefined,
  traceparent: undefined,
})
