import type { Principal } from '@gatehouse/contracts/principal'
import type { Log } from '@gatehouse/events/log'

interface KnownTenantsOptions {
  /** Asks the directory. @throws where it can't be asked */
  ask(tenantId: string): Promise<boolean>
  /** What the revocation feed tells. */
  isRevoked(principal: Principal, issuedAt: number): boolean
  /** Whether that is all there is to be told. */
  isFresh(): boolean
  readonly log: Log
}

/** Whether a tenant is active: neither suspended nor deleted. @throws Problem 503 where that can't be found out */
export type IsTenantActive = (tenantId: string) => boolean | Promise<boolean>

interface Answer {
  readonly isActive: boolean
  /** In milliseconds since 1970. */
  readonly askedAt: number
}

const capacity = 10_000
/** After so long an answer is renewed, while it is still believed. */
const renewAfterMs = 60_000
const believedMs = 3_600_000
/** An inactive tenant may be active again. */
const inactiveMs = 1_000
/** What clocks may differ by. */
const toleranceMs = 30_000

/**
 * Remembers which tenants are active, so that a request waits for no other service to know its own. An answer counts no
 * more as soon as the revocation feed tells that the tenant was suspended or deleted since, nor while the feed is stale.
 */
export function createKnownTenants({ ask, isRevoked, isFresh, log }: KnownTenantsOptions): IsTenantActive {
  // In the order in which they were asked for.
  const answers = new Map<string, Answer>()
  const asking = new Map<string, Promise<boolean>>()

  const learn = async (tenantId: string) => {
    const askedAt = Date.now()
    const isActive = await ask(tenantId)
    answers.delete(tenantId)
    answers.set(tenantId, { isActive, askedAt })
    for (const oldest of answers.keys()) {
      if (answers.size <= capacity) break
      answers.delete(oldest)
    }
    return isActive
  }
  const learnOnce = (tenantId: string) => {
    let flight = asking.get(tenantId)
    if (flight === undefined) {
      flight = learn(tenantId).finally(() => asking.delete(tenantId))
      asking.set(tenantId, flight)
    }
    return flight
  }
  const isBelieved = (tenantId: string, { isActive, askedAt }: Answer) => {
    const ageMs = Date.now() - askedAt
    if (!isFresh() || ageMs > (isActive ? believedMs : inactiveMs)) return false
    return !isRevoked(anybodyOf(tenantId), askedAt - toleranceMs)
  }

  return (tenantId) => {
    const answer = answers.get(tenantId)
    if (!answer || !isBelieved(tenantId, answer)) return learnOnce(tenantId)
    if (Date.now() - answer.askedAt > renewAfterMs) {
      learnOnce(tenantId).catch((err: unknown) =>
        log.warn({ err }, 'could not ask whether a tenant is active'),
      )
    }
    return answer.isActive
  }
}

const anybodyOf = (tenantId: string): Principal => ({
  kind: 'partner_client',
  id: '',
  tenantId,
  sessionId: undefined,
  permissions: new Set(),
})
