import type { Database } from '@gatehouse/db/connect'
import { inPlatformAtOnce, inTenantAtOnce } from '@gatehouse/db/tenant'
import type { Log } from '@gatehouse/events/log'
import type { ClientLimits, Limited, Taken } from '../client-limits.ts'
import { holdShares } from './held-shares.ts'
import { giveBack, leaseShare } from './repository.ts'

interface LimitsOptions {
  readonly db: Database
  readonly log: Log
  /** How often shares that nobody uses are looked for. Milliseconds. */
  readonly tidyEveryMs?: number
  /** After how long without a request a share is given back. Milliseconds. */
  readonly idleMs?: number
  /** A clock that nobody sets, in milliseconds. */
  readonly uptime?: () => number
}

/**
 * Counts requests in fixed minutes of PostgreSQL's clock. A process leases a share of what is left of the minute at a
 * time, in one statement, by how many it is asked for, and admits that many by itself: all replicas together never admit
 * more than the limit in a minute. What is leased counts as taken, so no restart forgets a count, and a process that dies
 * takes what it held with it until the minute is over. What it doesn't use for ten seconds it gives back.
 */
export function createLimits(options: LimitsOptions): ClientLimits & { stop(): Promise<void> } {
  const { db, log, tidyEveryMs = 5_000, idleMs = 10_000, uptime = () => performance.now() } = options
  const shares = holdShares(uptime)
  const underWay = new Map<string, Promise<void>>()

  const lease = async (client: Limited) => {
    const { id, tenantId, rateLimitPerMinute: limit } = client
    const askedAt = uptime()
    const demand = shares.demandOf(client)
    const share = await inTenantAtOnce(db, tenantId, (tx) => leaseShare(tx, { id, tenantId, limit, demand }))
    shares.hold(client, share ?? { window: 0, granted: 0, taken: limit, msLeft: 60_000 }, askedAt)
  }

  const leaseOnce = (client: Limited) => {
    let flight = underWay.get(client.id)
    if (!flight) {
      flight = lease(client).finally(() => underWay.delete(client.id))
      underWay.set(client.id, flight)
    }
    return flight
  }

  const takeAfterLease = async (client: Limited): Promise<Taken> => {
    for (;;) {
      await leaseOnce(client)
      const taken = shares.take(client)
      if (taken) return taken
    }
  }

  const tidy = async (idleMs: number) => {
    const rests = shares.letGo(idleMs)
    if (rests.length === 0) return
    await inPlatformAtOnce(db, (tx) => giveBack(tx, rests)).catch((err: unknown) =>
      log.warn({ err }, 'shares of limits could not be given back'),
    )
  }

  const timer = setInterval(() => void tidy(idleMs), tidyEveryMs).unref()
  return {
    take: (client) => shares.take(client) ?? takeAfterLease(client),
    async stop() {
      clearInterval(timer)
      await tidy(0)
    },
  }
}
