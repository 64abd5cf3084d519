import { isDeepStrictEqual } from 'node:util'
import type { CreateAuditLog } from '@gatehouse/contracts/audit-logs'
import { events, publishes } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import { type Principal, platformTenantId } from '@gatehouse/contracts/principal'
import { once, type RepeatableRequest } from '@gatehouse/db/idempotency'
import { inTenant } from '@gatehouse/db/tenant'
import { canonical } from '@gatehouse/ledger/canonical'
import { v7 as uuidv7 } from 'uuid'
import type { NewEntry } from '../entry.ts'
import { entryNotFound, notYoursToWrite } from '../errors.ts'
import type { Log } from '../log.ts'
import { redacted } from '../redaction.ts'
import * as entries from './repository.ts'

/**
 * Writes an entry for a service; the same for the repetition of a request.
 * @throws notYoursToWrite, idempotencyKeyReused
 */
export async function writeEntry(
  { db, append, partitions }: Log,
  principal: Principal,
  input: CreateAuditLog,
  { request, origin, sent }: { request: RepeatableRequest; origin: Origin; sent: string | undefined },
): Promise<entries.Entry> {
  refuseOthers(principal, input)
  const entry = { ...entryOf(principal, input, origin), details: detailsOf(input, sent) }
  await partitions.ensure([entry.occurredAt])
  return inTenant(db, entry.tenantId, async (tx) => {
    const { id } = await once(tx, request, async () => {
      await append(tx, [entry])
      return { id: entry.id }
    })
    const written = await entries.byId(tx, entry.tenantId, id)
    if (!written) throw entryNotFound()
    return written
  })
}

/**
 * Whom a service may write for: any tenant if it serves the platform, else its own; people, API keys and clients of
 * partners, of whose doings it alone knows; of services itself.
 */
function refuseOthers(principal: Principal, { tenantId, actorType, actorId, action }: CreateAuditLog) {
  if (![undefined, principal.tenantId].includes(tenantId) && principal.tenantId !== platformTenantId)
    throw notYoursToWrite('this tenant is not its own')
  if ((actorType === 'service' || actorType === 'system') && actorId !== principal.id)
    throw notYoursToWrite(`as an actor of type ${actorType} it is called ${principal.id}`)
  if (isEvent(action) && !publishes(principal.id, action))
    throw notYoursToWrite(`${action} is for another service to tell of`)
}

const isEvent = (action: string): action is keyof typeof events => Object.hasOwn(events, action)

function entryOf(principal: Principal, input: CreateAuditLog, origin: Origin): Omit<NewEntry, 'details'> {
  const { actorType, actorId, action, resource, resourceId = null } = input
  return {
    id: uuidv7(),
    tenantId: input.tenantId ?? principal.tenantId,
    occurredAt: new Date().toISOString(),
    service: principal.id,
    actorType,
    actorId,
    action,
    resource,
    resourceId,
    correlationId: input.correlationId ?? origin.correlationId,
    // The request is the service's: where the actor was it doesn't say.
    origin: null,
    person: resource === 'user' ? resourceId : actorType === 'user' ? actorId : null,
  }
}

/** What was sent stands beside what it says, unless a secret that is not kept was in it. */
function detailsOf({ previousState, newState, metadata, description }: CreateAuditLog, sent?: string) {
  const details = { previousState, newState, metadata, description }
  const kept = redacted(details) as typeof details
  return canonical(isDeepStrictEqual(kept, details) ? { ...kept, sent } : kept)
}
