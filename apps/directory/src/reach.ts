import type { Actor } from '@gatehouse/contracts/event'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inTenant, readInPlatform, readInTenant, type Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { eq } from 'drizzle-orm'
import { v7 as uuidv7 } from 'uuid'
import { tenantNotFound } from './errors.ts'
import { tenants } from './tables.ts'

/**
 * Which tenant a request may be about: the caller's own, or any for who may reach past it. Another one looks like one
 * that isn't there.
 * @throws tenantNotFound
 */
export function within(
  { tenantId, permissions }: Principal,
  id: string,
  past: Extract<Permission, `platform:${string}`>,
): string {
  if (id !== tenantId && !permissions.has(past)) throw tenantNotFound()
  return id
}

/**
 * The caller as they act in a tenant: their own if none is named, or any for who may reach past it.
 * @throws tenantNotFound
 */
export function acting(principal: Principal, wanted: string | undefined): Principal {
  const { tenantId, homeTenantId = tenantId } = principal
  const id = within(principal, wanted ?? tenantId, 'platform:write')
  return id === tenantId ? principal : { ...principal, tenantId: id, homeTenantId }
}

/** Who an event names as having done it, and through whom; of who acts past their tenant, also where they are at home. */
export const actorOf = ({
  kind,
  id,
  ownerId,
  tenantId,
  homeTenantId = tenantId,
  actors,
}: Principal): Actor => ({
  type: kind,
  id,
  ownerId,
  tenantId: homeTenantId,
  through: actors?.length ? actors : undefined,
})

/** Reads in the tenant that a request is about. */
export interface Reading {
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
 * Where a request reads: in the caller's own tenant, or in any for who may look past it; that they did is recorded
 * there, before they see anything.
 * @throws tenantNotFound
 */
export async function reading(db: Database, asked: Asked, wanted?: string): Promise<Reading> {
  const { principal } = asked
  const tenantId = within(principal, wanted ?? principal.tenantId, 'platform:read')
  if (tenantId !== principal.tenantId) await recordLook(db, asked, tenantId)
  return { tenantId, read: (work) => readInTenant(db, tenantId, work) }
}

/** Where an administrator of the platform reads over all tenants; recorded in the platform's own. */
export async function readingAll(db: Database, asked: Asked): Promise<Pick<Reading, 'read'>> {
  await recordLook(db, asked, platformTenantId)
  return { read: (work) => readInPlatform(db, work) }
}

const recordLook = (db: Database, { principal, origin, method, url }: Asked, tenantId: string) =>
  inTenant(db, tenantId, async (tx) => {
    const [tenant] = await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId))
    if (!tenant) throw tenantNotFound()
    const [path = url] = url.split('?', 1)
    await emit(tx, 'platform_access.read', {
      service: 'directory',
      tenantId,
      actor: actorOf(principal),
      aggregate: { id: uuidv7(), version: 1 },
      origin,
      data: { method, path },
    })
  })
