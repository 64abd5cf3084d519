import type { Leaf } from '@gatehouse/ledger/leaf'
import type { entries } from './tables.ts'

/** What the ledger holds of a stored entry. */
export function leafOfEntry(entry: typeof entries.$inferSelect): Leaf {
  const { id, tenantId, leafIndex, occurredAt, service, actorType, actorId, action } = entry
  const { resource, resourceId, correlationId, originCommitment, detailsCommitment } = entry
  return {
    id,
    tenantId,
    index: leafIndex,
    occurredAt: occurredAt.toISOString(),
    service,
    actorType,
    actorId,
    action,
    resource,
    resourceId,
    correlationId,
    originCommitment: originCommitment?.toString('base64') ?? null,
    detailsCommitment: detailsCommitment?.toString('base64') ?? null,
  }
}
