import type { Erased } from '@gatehouse/contracts/erasure'
import type { Origin } from '@gatehouse/contracts/origin'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, readInPlatform, type Tx } from '@gatehouse/db/tenant'
import type { Gone } from '@gatehouse/events/erasure-ledger'
import type { Log } from '@gatehouse/events/log'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { eraseHere, type GoneAlong } from './erase-here.ts'
import * as requests from './erasure-repository.ts'
import { overdueSeconds } from './shown-erasure.ts'

export interface ErasureDeps {
  readonly db: Database
  readonly log: Log
  /** Deletes a person and all that is theirs here. @returns what is gone along with them */
  readonly deletePerson: (tx: Tx, id: string, origin: Origin) => Promise<GoneAlong>
  /** Has the other services erase what they hold; each does so once, and tells the same however often it is asked. */
  readonly eraseElsewhere: Readonly<Record<(typeof others)[number], (whom: Whom) => Promise<Erased>>>
  /** Writes down, outside of every database, who was erased. */
  readonly noteGone: (gone: Gone) => Promise<void>
  /** Clears out of the outbox what audit has of people who were erased. */
  readonly clearRemnants: () => Promise<void>
}

/** A person, and what is gone along with them. */
export type Whom = Pick<requests.Request, 'userId'> & GoneAlong

/** In this order: what a service still needs of a message is done before audit erases the message. */
const others = ['auth', 'partner-gateway', 'audit'] as const

const batch = 10
/** After how long a request is gone on with that is not done; that two are at it at once does no harm. */
const leaseSeconds = 10

/**
 * Goes on with every erasure request that is due, from wherever it stands: here, at each of the others, cleared out of the
 * outboxes, closed. A crash between any two steps, or a service that is away, and it is gone on with some seconds later.
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

async function goOnWith(deps: ErasureDeps, { id }: requests.Request) {
  const { db, eraseElsewhere, noteGone, clearRemnants } = deps
  const request = await inPlatform(db, (tx) => begin(deps, tx, id))
  if (request?.status !== 'running') return
  const { userId, tenantIds, inviteIds } = request
  // Nobody can change their mind any more, and no backup brings them back from now on.
  await noteGone({ userId, alongIds: [...tenantIds, ...inviteIds] })
  for (const service of others) {
    if (request.receipts[service]) continue
    const receipt = await eraseElsewhere[service](request)
    await inPlatform(db, (tx) => requests.addReceipt(tx, id, service, receipt))
  }
  // Audit knows by now which events were theirs, and each outbox lets go of those.
  await Promise.all([
    clearRemnants(),
    eraseElsewhere.auth(request),
    eraseElsewhere['partner-gateway'](request),
  ])
  await inPlatform(db, (tx) => close(tx, id))
}

/** Erases them here, unless that is done. @returns the request as it is now: running, if it wasn't cancelled */
async function begin({ deletePerson }: ErasureDeps, tx: Tx, id: string) {
  const request = await requests.lock(tx, id)
  if (request?.status !== 'scheduled') return request
  const { userId } = request
  // An administrator of the platform may have deleted them before erasing was what that comes to.
  const isDeleted = await requests.isDeleted(tx, userId)
  await eraseHere(tx, {
    userId,
    deletePerson: async () =>
      isDeleted ? { tenantIds: [], inviteIds: [] } : deletePerson(tx, userId, origin()),
    request: async () => request,
  })
  return requests.lock(tx, id)
}

/** The receipt becomes an entry of the platform's ledger: what it says of the person is that there was one. */
async function close(tx: Tx, id: string) {
  const request = await requests.complete(tx, id)
  if (!request) return
  await emit(tx, 'privacy.erased', {
    tenantId: platformTenantId,
    actor: { type: 'service', id: 'directory' },
    aggregate: { id, version: 2 },
    origin: origin(),
    data: { requestedAt: request.requestedAt.toISOString(), receipts: toldOf(request) },
  })
}

const toldOf = ({ receipts }: requests.Request) =>
  Object.entries(receipts).map(([service, { erased, erasedAt }]) => ({
    service,
    erasedAt,
    erased: Object.entries(erased).map(([table, rows]) => ({ table, rows })),
  }))

const origin = (): Origin => ({
  correlationId: uuidv7(),
  sourceIp: undefined,
  userAgent: undefined,
  traceparent: undefined,
})
