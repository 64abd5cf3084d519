import type { AuditEntry } from '@gatehouse/contracts/audit-logs'
import { open } from '../opening.ts'
import type { SubjectKeys } from '../subject-keys.ts'
import type { Entry } from './repository.ts'

/** An entry as the API shows it: opened, as far as there are keys. */
export async function shown(keys: SubjectKeys, entry: Entry): Promise<AuditEntry> {
  const { origin, details, isErased } = await open(keys, entry)
  const { previousState, newState, metadata, description } = details?.value ?? {}
  const { id, tenantId, leafIndex, service, actorType, actorId, action } = entry
  const { resource, resourceId, correlationId, occurredAt, recordedAt } = entry
  return {
    id,
    tenantId,
    leafIndex,
    occurredAt: occurredAt.toISOString(),
    recordedAt: recordedAt.toISOString(),
    service,
    actorType,
    actorId,
    action,
    resource,
    resourceId,
    correlationId,
    sourceIp: origin?.value.sourceIp ?? null,
    userAgent: origin?.value.userAgent ?? null,
    previousState: previousState ?? null,
    newState: newState ?? null,
    metadata: metadata ?? null,
    description: description ?? null,
    erased: isErased,
  }
}
