import type { EventData, EventName } from '@gatehouse/contracts/events'
import type { Origin } from '@gatehouse/contracts/origin'
import type { Permission } from '@gatehouse/contracts/permissions'
import type { Principal } from '@gatehouse/contracts/principal'
import type { Tx } from '@gatehouse/db/tenant'
import { emit } from '@gatehouse/events/outbox'
import { beyondOwnPermissions, clientNotFound, clientRevoked } from '../errors.ts'
import { actorOf } from '../reach.ts'
import * as clients from './repository.ts'
import { stateOf } from './shown.ts'

/** Who asks for a change, and from where. */
export interface Asking {
  readonly principal: Principal
  readonly origin: Origin
}

/** The client of the caller's tenant that is to be changed, locked. @throws clientNotFound */
export async function lockClient(tx: Tx, { principal }: Asking, id: string): Promise<clients.Client> {
  const client = await clients.lock(tx, principal.tenantId, id)
  if (!client) throw clientNotFound()
  return client
}

/** One that is live besides. @throws clientNotFound, clientRevoked */
export async function lockLiveClient(tx: Tx, asking: Asking, id: string): Promise<clients.Client> {
  const client = await lockClient(tx, asking, id)
  if (client.revokedAt) throw clientRevoked()
  return client
}

/** Nobody gives a client what they do not hold. @throws beyondOwnPermissions that names what the caller lacks */
export function refuseBeyond({ permissions }: Principal, scopes: readonly Permission[]) {
  const lacking = scopes.filter((scope) => !permissions.has(scope))
  if (lacking.length > 0) throw beyondOwnPermissions(lacking)
}

type ClientEvent = Extract<EventName, `oauth_client.${string}`>

interface Change<N extends ClientEvent> {
  /** The client before; undefined for a new one. */
  readonly before?: clients.Client
  /** The client after; undefined for one that is deleted. */
  readonly after?: clients.Client
  readonly data: EventData<N>
}

/** Tells of what became of a client. */
export async function tell<N extends ClientEvent>(
  tx: Tx,
  { principal, origin }: Asking,
  name: N,
  { before, after, data }: Change<N>,
) {
  const client = after ?? before
  if (!client) throw new Error(`${name} is about no client`)
  await emit<ClientEvent>(tx, name, {
    tenantId: client.tenantId,
    actor: actorOf(principal),
    aggregate: { id: client.id, version: after ? after.version : client.version + 1 },
    origin,
    data,
    ...(before && { before: stateOf(before) }),
    ...(after && { after: stateOf(after) }),
  })
}
