import type { AuditEntry, AuditEntryDetail } from '@gatehouse/contracts/audit-logs'
import { type OpenedParts, open } from '../opening.ts'
import type { SubjectKeys } from '../subject-keys.ts'
import { difference } from './difference.ts'
import type { Entry } from './repository.ts'

/** An entry as the API shows it: opened, as far as there are keys. */
export async function shown(keys: SubjectKeys, entry: Entry): Promise<AuditEntry> {
  return fieldsOf(entry, await open(keys, entry))
}

/** An entry with what it changed, and how it was sent. */
export async function shownInDetail(keys: SubjectKeys, entry: Entry): Promise<AuditEntryDetail> {
  const opened = await open(keys, entry)
  const fields = fieldsOf(entry, opened)
  const { previousState, newState } = fields
  return {
    ...fields,
    difference: difference(previousState, newState),
    sent: opened.details?.value.sent ?? null,
  }
}

function fieldsOf(entry: Entry, { origin, details, isErased }: OpenedParts): AuditEntry {
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
