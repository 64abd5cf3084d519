import type { PartnerCallOutcome } from '@gatehouse/contracts/partner-gateway-events'
import { platformTenantId } from '@gatehouse/contracts/principal'
import type { Database } from '@gatehouse/db/connect'
import { inPlatform } from '@gatehouse/db/tenant'
import type { Emission } from '@gatehouse/events/envelope'
import type { Log } from '@gatehouse/events/log'
import { emit } from '@gatehouse/events/outbox'
import { type Count, createTally } from '@gatehouse/events/tally'
import { keepTelling } from '@gatehouse/events/telling'
import { v7 as uuidv7 } from 'uuid'
import type { MadeCall, NoteCall, Outcome } from '../usage.ts'

interface CallOptions {
  readonly db: Database
  readonly log: Log
  /** How long the same is only counted, once it was told of. Milliseconds. */
  readonly windowMs?: number
  /** How many kinds are told apart in a window; those past it are counted together. */
  readonly capacity?: number
}

interface Calls {
  readonly note: NoteCall
  /** Writes down what was counted so far, if that can be done within 2 s. */
  stop(): Promise<void>
}

/**
 * Makes events of the calls of clients that were let in, without any of them waiting for it: of each client, route and
 * way to end the first at once, and then one in a minute at most, with how many there were. Who was not let in, or found no
 * way in at all, is told of by `access.denied`. What is lost with the process is the count of the last minute.
 */
export function recordCalls({ db, log, windowMs = 60_000, capacity = 10_000 }: CallOptions): Calls {
  const tally = createTally<Told>({ windowMs, capacity, beyond })
  const write = (counts: readonly Count<Told>[]) =>
    inPlatform(db, async (tx) => {
      await Promise.all(counts.map((count) => emit(tx, 'partner_api.called', emissionOf(count))))
    })
  const telling = keepTelling({ what: 'calls of partners', tallies: [tally], windowMs, write, log })
  return {
    note(call) {
      const outcome = toldOutcomes[call.outcome]
      const { clientId, method, route, reason } = call
      if (outcome === undefined || route === 'none') return
      if (tally.add(`${clientId} ${method} ${route} ${outcome} ${reason}`, { ...call, outcome }))
        telling.hurry()
    },
    stop: telling.stop,
  }
}

type Told = Omit<MadeCall, 'outcome' | 'clientId'> & {
  readonly outcome: PartnerCallOutcome
  readonly clientId: string | undefined
}

const toldOutcomes: Readonly<Partial<Record<Outcome, PartnerCallOutcome>>> = {
  answered: 'answered',
  refused_request: 'refused',
  failed: 'failed',
}

const beyond = (call: Told): Told => ({
  ...call,
  clientId: undefined,
  tenantId: platformTenantId,
  method: 'several',
  route: 'several',
  permission: undefined,
  reason: null,
  origin: { ...call.origin, sourceIp: undefined, userAgent: undefined },
})

function emissionOf({ item, count, since }: Count<Told>): Emission<'partner_api.called'> {
  const { clientId, tenantId, method, route, permission = null, outcome, reason, origin } = item
  return {
    tenantId,
    actor: clientId ? { type: 'partner_client', id: clientId } : { type: 'system', id: 'several' },
    aggregate: { id: uuidv7(), version: 1 },
    origin,
    data: { method, route, permission, outcome, reason, count, since: since.toISOString() },
  }
}
