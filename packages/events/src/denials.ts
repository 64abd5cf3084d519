import type { Denial } from '@gatehouse/contracts/access-events'
import type { ServiceName } from '@gatehouse/contracts/events'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import { v7 as uuidv7 } from 'uuid'
import type { Emission } from './envelope.ts'
import type { Log } from './log.ts'
import { emit } from './outbox.ts'
import { type Count, createTally } from './tally.ts'
import { keepTelling, type Telling } from './telling.ts'

interface DenialOptions {
  readonly service: ServiceName
  /** Writes events down for good. */
  readonly write: (emissions: readonly Emission<'access.denied'>[]) => Promise<void>
  readonly log: Log
  readonly windowMs?: number
  /** How many kinds are told apart at a time: of senders who are known, and as many of those who are not. */
  readonly capacity?: number
}

export interface Denials extends Pick<Telling, 'stop'> {
  /** Takes note of a refused request, and returns at once. */
  note(denial: Denial): void
}

/** Writes the event `access.denied` into the outbox. */
export const toOutbox = (db: Database) => (emissions: readonly Emission<'access.denied'>[]) =>
  inPlatform(db, async (tx) => {
    await Promise.all(emissions.map((emission) => emit(tx, 'access.denied', emission)))
  })

/**
 * Makes events of refused requests, without any of them waiting for it: of each sender, route and reason the first at
 * once, and then one in ten seconds at most, with how many there were. A flood is counted and not repeated; senders past
 * `capacity` are counted together. What is lost with the process is the count of the last ten seconds.
 */
export function recordDenials(options: DenialOptions): Denials {
  const { service, write, log, windowMs = 10_000, capacity = 500 } = options
  // Apart, so that a flood from ever other addresses leaves room for those whose names are known.
  const known = createTally<Denial>({ windowMs, capacity, beyond })
  const unknown = createTally<Denial>({ windowMs, capacity, beyond })

  const telling = keepTelling({
    what: 'recording denied requests',
    tallies: [known, unknown],
    windowMs,
    write: (counts) => write(counts.map((count) => emissionOf(service, count))),
    log,
  })
  return {
    note(denial) {
      const { bearer, network, method, route, reason } = denial
      const sender = bearer ? `${bearer.kind} ${bearer.id}` : network
      const isNew = (bearer ? known : unknown).add(`${sender} ${method} ${route} ${reason}`, denial)
      if (isNew) telling.hurry()
    },
    stop: telling.stop,
  }
}

const beyond = (denial: Denial): Denial => ({
  ...denial,
  reason: 'several',
  method: 'several',
  route: 'several',
  permission: undefined,
  bearer: undefined,
  network: 'several',
  origin: { ...denial.origin, sourceIp: undefined, userAgent: undefined },
})

function emissionOf(service: ServiceName, { item, count, since }: Count<Denial>): Emission<'access.denied'> {
  const { status, reason, method, route, permission = null, bearer, origin } = item
  return {
    service,
    tenantId: bearer?.tenantId ?? platformTenantId,
    actor: bearer
      ? { type: bearer.kind, id: bearer.id, ownerId: bearer.ownerId }
      : { type: 'system', id: 'anonymous' },
    aggregate: { id: uuidv7(), version: 1 },
    origin,
    data: { status, reason, method, route, permission, count, since: since.toISOString() },
  }
}
