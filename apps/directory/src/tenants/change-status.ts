import type { EventName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { revoke } from '@gatehouse/events/revocation'
import { platformTenant, tenantNotFound, wrongTenantStatus } from '../errors.ts'
import { actorOf, within } from '../reach.ts'
import * as tenants from './repository.ts'
import { stateOf } from './shown.ts'

type Status = tenants.Tenant['status']

interface Move {
  readonly from: readonly Status[]
  readonly to: Status
  readonly event: Extract<EventName, `tenant.${'suspended' | 'reactivated' | 'deleted' | 'restored'}`>
}

/** What can happen to a tenant, and when. Whatever happens, the tokens that its people have are refused. */
const moves = {
  suspend: { from: ['active'], to: 'suspended', event: 'tenant.suspended' },
  reactivate: { from: ['suspended'], to: 'active', event: 'tenant.reactivated' },
  delete: { from: ['active', 'suspended'], to: 'deleted', event: 'tenant.deleted' },
  restore: { from: ['deleted'], to: 'active', event: 'tenant.restored' },
} as const satisfies Record<string, Move>

interface Change {
  readonly id: string
  readonly move: keyof typeof moves
  /** @throws preconditionFailed for a version that the change is not based on */
  readonly checkVersion: (version: number) => void
}

/**
 * Suspends a tenant, lets it in again, deletes or restores it.
 * @throws tenantNotFound, platformTenant, wrongTenantStatus, preconditionFailed
 */
export async function changeStatus(
  db: Database,
  principal: Principal,
  { id, move, checkVersion }: Change,
  origin: Origin,
): Promise<tenants.Tenant> {
  within(principal, id, 'platform:write')
  if (id === platformTenantId) throw platformTenant()
  return inPlatform(db, (tx) => moveTo(tx, principal, { id, move, checkVersion }, origin))
}

/** The same in the caller's transaction, which has to be in the platform's scope, whoever the caller is. */
export async function moveTo(
  tx: Tx,
  principal: Principal,
  { id, move, checkVersion }: Change,
  origin: Origin,
): Promise<tenants.Tenant> {
  const { from, to, event }: Move = moves[move]
  const before = await tenants.lock(tx, id)
  if (!before) throw tenantNotFound()
  checkVersion(before.version)
  if (!from.includes(before.status)) throw wrongTenantStatus(before.status)
  const deletedAt = to === 'deleted' ? new Date() : null
  const after = await tenants.update(tx, id, { status: to, deletedAt })
  await revoke(tx, { tenantId: id, kind: 'tenant', id })
  await emit(tx, event, {
    tenantId: id,
    actor: actorOf(principal),
    aggregate: { id, version: after.version },
    origin,
    data: { name: after.name },
    before: stateOf(before),
    after: stateOf(after),
  })
  return after
}
