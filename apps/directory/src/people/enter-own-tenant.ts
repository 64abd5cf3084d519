import type { Origin } from '@gatehouse/contracts/origin'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { slugOf } from '../slug.ts'
import * as people from './repository.ts'

interface OwnTenant {
  readonly userId: string
  readonly tenantId: string
  readonly name: string
  readonly country?: string | undefined
}

/** Makes a tenant of type customer, administered by the one person who is in it. */
export async function enterOwnTenant(
  tx: Tx,
  { userId, tenantId, name, country }: OwnTenant,
  origin: Origin,
): Promise<void> {
  const tenant = { name, type: 'customer', country: country ?? null } as const
  await people.insertTenant(tx, { id: tenantId, slug: slugOf(name, tenantId), ...tenant })
  await emit(tx, 'tenant.created', {
    tenantId,
    actor: { type: 'user', id: userId },
    aggregate: { id: tenantId, version: 1 },
    origin,
    data: tenant,
  })
  await people.insertMember(tx, { tenantId, userId, systemRole: 'tenant-admin' })
}
