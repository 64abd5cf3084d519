import type { EventData, EventName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Principal } from '@gatehouse/contracts/principal'
import { aggregateOf } from '@gatehouse/events/envelope'
import { canonical } from '@gatehouse/ledger/canonical'
import { v7 as uuidv7 } from 'uuid'
import type { NewEntry } from './entry.ts'

interface Happening<N extends EventName> {
  /** In whose log it is. */
  readonly tenantId: string
  readonly principal: Pick<Principal, 'kind' | 'id' | 'ownerId'>
  readonly origin: Origin
  readonly resourceId: string | null
  readonly data: EventData<N>
}

/** An entry of what happened in this very service, as its event declares it. */
export function ownEntry<N extends EventName>(
  name: N,
  { tenantId, principal, origin, resourceId, data }: Happening<NoInfer<N>>,
): NewEntry {
  const { sourceIp, userAgent, correlationId } = origin
  return {
    id: uuidv7(),
    tenantId,
    occurredAt: new Date().toISOString(),
    service: 'audit',
    actorType: principal.kind,
    actorId: principal.id,
    owner: principal.ownerId,
    action: name,
    resource: aggregateOf(name),
    resourceId,
    correlationId,
    origin: canonical({ sourceIp, userAgent }),
    details: canonical({ metadata: data }),
    person: null,
  }
}
