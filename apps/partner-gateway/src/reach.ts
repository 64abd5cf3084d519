import type { Actor } from '@gatehouse/contracts/event'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { v7 as uuidv7 } from 'uuid'
import { tenantNotFound } from './errors.ts'

/** Whether there is such a tenant, whatever its state. @throws Problem 503 where that can't be found out */
export type IsTenantThere = (tenantId: string) => Promise<boolean>

/** What reaching past a tenant needs. */
export interface ReachDeps {
  readonly db: Database
  readonly isTenantThere: IsTenantThere
}

async function within(
  { isTenantThere }: ReachDeps,
  { tenantId, permissions }: Principal,
  {
    wanted = tenantId,
    past,
  }: { wanted: string | undefined; past: Extract<Permission, `platform:${string}`> },
): Promise<string> {
  if (wanted === tenantId) return tenantId
  if (!permissions.has(past) || !(await isTenantThere(wanted))) throw tenantNotFound()
  return wanted
}

/**
 * The caller as they act in a tenant: their own if none is named, or any for who may reach past it. Another one looks like
 * one that isn't there.
 * @throws tenantNotFound
 */
export async function acting(
  deps: ReachDeps,
  principal: Principal,
  wanted: string | undefined,
): Promise<Principal> {
  const { tenantId, homeTenantId = tenantId } = principal
  const id = await within(deps, principal, { wanted, past: 'platform:write' })
  return id === tenantId ? principal : { ...principal, tenantId: id, homeTenantId }
}

/** Who an event names as having done it; of who acts past their tenant, also where they are at home. */
export const actorOf = ({ kind, id, ownerId, tenantId, homeTenantId = tenantId }: Principal): Actor => ({
  type: kind,
  id,
  ownerId,
  tenantId: homeTenantId,
})

/** Reads in the tenant that a request is about. */
interface Reading {
  readonly tenantId: string
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

interface Asked {
  readonly principal: Principal
  readonly origin: Origin
  readonly method: string
  /** As it was sent. */
  readonly url: string
}

/**
 * Where a request reads: in the caller's own tenant, or in any for who may look past it; that they did is recorded there,
 * before they see anything.
 * @throws tenantNotFound
 */
export async function reading(deps: ReachDeps, asked: Asked, wanted: string | undefined): Promise<Reading> {
  const { principal, origin, method, url } = asked
  const tenantId = await within(deps, principal, { wanted, past: 'platform:read' })
  if (tenantId !== principal.tenantId) {
    const [path = url] = url.split('?', 1)
    await inTenant(deps.db, tenantId, (tx) =>
      emit(tx, 'platform_access.read', {
        service: 'partner-gateway',
        tenantId,
        actor: actorOf(principal),
        aggregate: { id: uuidv7(), version: 1 },
        origin,
        data: { method, path },
      }),
    )
  }
  return { tenantId, read: (work) => readInTenant(deps.db, tenantId, work) }
}
