import { type FastifyRateLimitStore, fastifyRateLimit } from '@fastify/rate-limit'
import { tooManyRequests } from '@gatehouse/contracts/problems'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Whose requests are counted, and how many a minute it may make. */
export interface Limited {
  readonly id: string
  readonly tenantId: string
  readonly rateLimitPerMinute: number
}

/** What became of one request. */
export interface Taken {
  readonly isAdmitted: boolean
  readonly limit: number
  /** What is left of the minute, as far as this process has heard. */
  readonly remaining: number
  /** Until the next minute begins. */
  readonly resetMs: number
}

/** Counts the requests of partners' clients, over all replicas together. */
export interface ClientLimits {
  /**
   * Takes one request out of the client's minute; a refused one takes nothing. Answers from memory as long as this
   * process holds a share of the minute.
   * @throws databaseUnavailable (503) where the share is used up and PostgreSQL can't be asked for another
   */
  take(client: Limited): Taken | Promise<Taken>
}

/** The headers that tell a client where it stands, and one that was refused when to come back. */
export function limitHeaders({ isAdmitted, limit, remaining, resetMs }: Taken): Record<string, string> {
  const seconds = `${Math.max(1, Math.ceil(resetMs / 1_000))}`
  return {
    'ratelimit-limit': `${limit}`,
    'ratelimit-remaining': `${remaining}`,
    'ratelimit-reset': seconds,
    ...(!isAdmitted && { 'retry-after': seconds }),
  }
}

/**
 * Limits every route that is declared after it in the same plugin, once the route knows whose request it is.
 * @param clientOf asked after the route's own `onRequest` hooks
 */
export function limitClients(
  app: FastifyInstance,
  limits: ClientLimits,
  clientOf: (request: FastifyRequest) => Limited,
) {
  return app.register(fastifyRateLimit, {
    global: true,
    enableDraftSpec: true,
    timeWindow: 60_000,
    // The plugin hands the store what identifies a client, and takes anything for that.
    keyGenerator: (request) => clientOf(request) as unknown as string,
    max: (request) => clientOf(request).rateLimitPerMinute,
    store: storeOf(limits),
    errorResponseBuilder: () => tooManyRequests(),
  })
}

/** What @fastify/rate-limit counts with: it refuses whatever comes back with more than the limit. */
function storeOf(limits: ClientLimits): new () => FastifyRateLimitStore {
  return class Store {
    async incr(key: unknown, callback: Parameters<FastifyRateLimitStore['incr']>[1]) {
      try {
        const { isAdmitted, limit, remaining, resetMs } = await limits.take(key as Limited)
        callback(null, { current: isAdmitted ? limit - remaining : limit + 1, ttl: Math.max(1, resetMs) })
      } catch (error) {
        callback(error as Error)
      }
    }

    child() {
      return this
    }
  }
}
